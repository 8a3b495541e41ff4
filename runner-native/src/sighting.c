/* Implementation of sighting.h. */
#include "sighting.h"

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

struct sighting sighting_of(const struct stat *st)
{
	return (struct sighting){
		.mode = st->st_mode,
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = nanoseconds(st->st_mtim),
		.ctime = nanoseconds(st->st_ctim),
		.links = st->st_nlink,
	};
}

bool sighting_holds(const struct sighting *seen, int file)
{
	struct stat st;
	if (fstat(file, &st) < 0)
		return false;
	const struct sighting now = sighting_of(&st);
	return now.device == seen->device && now.inode == seen->inode && now.size == seen->size &&
	       now.mtime == seen->mtime && now.ctime == seen->ctime;
}
