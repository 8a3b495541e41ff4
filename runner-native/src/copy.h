/* Copying one file system entry with its metadata, where no layer folder may share an inode with a
 * root that steps change. Needs CAP_CHOWN and the like; follows nothing. */
#pragma once

#include <sys/stat.h>

#include "err.h"

/* An entry to copy, and where to: names in two open folders. */
struct copy {
	int from;
	const char *name;
	int to;
	const char *as;
};

/* A regular file: shares its blocks where the file system can. 0 or -errno. */
int copy_file(const struct copy *copy);

/* A link, FIFO, device or socket. 0 or -errno. */
int copy_special(const struct copy *copy, const struct stat *st);

/* Owner, mode and attributes of one open folder for another; 0 or -errno. */
int copy_folder_metadata(int from, int to);

/* The time of last modification; 0 or -errno. */
int copy_time(int from, int to);
