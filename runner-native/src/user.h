/* Who the command runs as: a user word, looked up in the image's own passwd and group files.
 * Threat: these files are the attacker's: a FIFO that never ends (CVE-2024-9676), a link out of the
 * image, a device, gigabytes. Opened inside the root, never blocking, regular files only, capped.
 * Runs in pid 1. */
#pragma once

#include "err.h"

#define USER_MAX_GROUPS 1024

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_MAX_GROUPS]; /* supplementary */
	size_t group_count;
	char home[4096]; /* "" where passwd says nothing */
};

/* Resolves `uid|name[:gid|group]` ('' is root). E_USER for an unknown name. `root`: folder. */
int user_resolve(int root, const char *spec, struct user *user, struct err *err);

/* The same over the two files' text (NULL: no such file); for pure tests. */
int user_resolve_text(const char *passwd, const char *group, const char *spec, struct user *user,
		      struct err *err);
