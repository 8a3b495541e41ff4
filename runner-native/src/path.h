/* Every path that an image or a layer has a say in is opened through these functions.
 * Threat: links, `..`, magic links and devices planted to lead a privileged process elsewhere.
 * Run with whatever privilege the caller has; need none. */
#pragma once

#include "util.h"

#define COMPONENT_MAX  255
#define WHOLE_PATH_MAX 4096

/* Opens `path` as a process would whose root is the folder `root`: links stay inside, magic links
 * are refused. `resolve`: further RESOLVE_* flags. A descriptor (close-on-exec) or -errno. */
int path_open_in_root(int root, const char *path, uint64_t flags, uint64_t resolve);

/* Opens `path`, relative and without any link in it, below `dir`. Needs no openat2: falls back to
 * path_walk_beneath. A descriptor (close-on-exec) or -errno (-ELOOP, -ENOTDIR for a link). */
int path_open_beneath(int dir, const char *path, uint64_t flags, mode_t mode);

/* The fallback: one O_NOFOLLOW openat a component. The same contract. */
int path_walk_beneath(int dir, const char *path, uint64_t flags, mode_t mode);

/* True for '' and for relative paths without `.`, `..`, empty or overlong components. */
bool path_is_clean(const char *path);

/* Whether `fd` is the character device `major`:`minor`. */
bool path_is_device(int fd, unsigned major, unsigned minor);

/* Host paths, which only the client names: pinned without following a final link. */
int path_pin(const char *path);
