/* What lstat says of a file: as much as tells one state of it from another, in the form in which
 * `scan` sends and takes it (numbers of this machine, all of which are little-endian). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct sighting {
	uint64_t mode, device, inode, size;
	int64_t mtime, ctime; /* nanoseconds since the epoch */
	uint64_t links;
};

struct sighting sighting_of(const struct stat *st);

/* Whether the open file is still in this state. Its mode and its number of names do not matter. */
bool sighting_holds(const struct sighting *seen, int file);
