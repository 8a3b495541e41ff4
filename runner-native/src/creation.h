/* A file that a call is about to make: where, and whom it will belong to. Part of the supervisor.
 */
#pragma once

#include "ownership.h"
#include "supervisor.h"

struct creation {
	int folder; /* O_PATH; -1 */
	char name[NAME_MAX + 1];
	struct cred cred;	/* of the caller */
	struct ownership owner; /* what the new file's will be */
};

#define cleanup_creation __attribute__((cleanup(creation_close)))
void creation_close(struct creation *creation);

/* Takes slashes off the end, which only a folder's name may have. */
void creation_strip_slashes(char *path);

/* Opens the folder of `path` and splits the name off; false where there is none that can be made or
 * taken away. */
bool creation_find(const struct notice *notice, int dirfd, const char *path,
		   struct creation *creation);

/* Finds the folder and the name of `path`. 0; -EACCES where the caller may make nothing there; 1
 * where there is nothing to be done but by the kernel, which also knows the right error. */
int creation_begin(struct supervisor *supervisor, const struct notice *notice, int dirfd,
		   const char *path, struct creation *creation);

/* Whom a new file in the folder that `folder` has open belongs to; -EACCES as above. */
int creation_in(struct supervisor *supervisor, const struct notice *notice,
		struct creation *creation);

/* Whether the kernel would make it as another's than is meant. */
static inline bool creation_is_recorded(const struct creation *creation)
{
	return creation->owner.uid != 0 || creation->owner.gid != 0 || creation->owner.node != 0;
}

/* `mode` without the bits that the caller's umask takes away. */
mode_t creation_mode(const struct notice *notice, mode_t mode);

/* Records the owner of what was made; 0 or -errno. */
int creation_record(const struct creation *creation);
