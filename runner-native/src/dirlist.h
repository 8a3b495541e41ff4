/* The names in an open folder, in byte order. No link is followed; needs read permission only. */
#pragma once

#include "util.h"

struct dirlist {
	char **names;
	size_t count;
};

/* Reads all names but `.` and `..`; 0 or -errno. */
int dirlist_read(int dir, struct dirlist *list);
void dirlist_free(struct dirlist *list);
