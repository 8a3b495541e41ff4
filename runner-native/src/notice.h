/* One call of the step that waits for an answer: its arguments, the memory and the paths that they
 * point to, and the answer. Used by pid 1 of a step, whose root is the step's and whose working
 * folder is /proc.
 * Threat: the caller's other threads change memory and links while we look, and the caller may die
 * and its number be another's. So every value is copied once and judged as copied; what happens to
 * a file happens by a descriptor, taken while notice_stands; and a file of the step is opened only
 * as O_PATH, by making it (O_EXCL), or, a regular one that is held already, to read. Since pid 1
 * sees no more of the machine than the step does, what a mistake here could reach is the step's
 * own. */
#pragma once

#include <limits.h>
#include <sys/stat.h>

#include "err.h"

struct notice {
	int listener; /* -1: it was heard of by a tracer, who answers none */
	uint64_t id;
	pid_t tid;
	uint32_t number;
	uint64_t args[6];
	bool changed_roots; /* whether any process of the step may have another root */
	bool borrows;	    /* whether the caller's memory is opened as the caller (borrow.h) */
};

/* What the call returns: the kernel performs it, or it is answered here. */
struct answer {
	enum { ANSWER_PERFORM, ANSWER_VALUE, ANSWER_GIVEN } kind;
	int64_t value; /* or -errno */
};

static inline struct answer answer_perform(void)
{
	return (struct answer){ ANSWER_PERFORM, 0 };
}

/* `value`, or -errno. */
static inline struct answer answer_value(int64_t value)
{
	return (struct answer){ ANSWER_VALUE, value };
}

/* Takes the next notice; false where the caller has died meanwhile, or a signal made it give up. */
bool notice_receive(int listener, struct notice *notice);
void notice_answer(const struct notice *notice, struct answer answer);

/* Whether the caller still waits, so that what was read through its number was its own. */
bool notice_stands(const struct notice *notice);

/* Makes `fd` a descriptor of the caller and answers with it; the answer to return. */
struct answer notice_give(const struct notice *notice, int fd, bool close_on_exec);

/* Copies out of and into the caller's memory; 0 or -EFAULT. */
int notice_read(const struct notice *notice, uint64_t address, void *to, size_t length);
int notice_write(const struct notice *notice, uint64_t address, const void *from, size_t length);

/* Copies a string of at most PATH_MAX bytes; its length, -EFAULT or -ENAMETOOLONG. */
int notice_read_path(const struct notice *notice, uint64_t address, char path[PATH_MAX]);

/* A file of the caller's under a name that means the same here. */
struct located {
	char text[PATH_MAX + 64];
	bool follow; /* whether a link at its end is to be followed */
	int held;    /* a descriptor that `text` goes through, or -1 */
};

#define cleanup_located __attribute__((cleanup(located_close)))
void located_close(struct located *place);

/* What `path` means to the caller: from its root, or from the folder descriptor `dirfd` (AT_FDCWD:
 * its working folder). An empty path is `dirfd` itself. 0 or -errno. */
int notice_locate(const struct notice *notice, int dirfd, const char *path, bool follow,
		  struct located *place);

/* Opens it as O_PATH (flags: O_DIRECTORY), after which the caller was still there; or -errno. */
int notice_open(const struct notice *notice, const struct located *place, int flags);

/* "self/fd/N", for calls of pid 1 that only take a path. */
struct fd_path notice_fd_path(int fd);
