/* Takes note of what a step looks up (PROTOCOL.md, "What a step looked at"), from the calls that
 * its supervisor is shown. Answers none of them: the kernel performs each. Where a path ends is
 * found out in resolve.h.
 *
 * Threat: memory and names change between our look and the kernel's. Where the step orders its
 * calls (one ends before the next begins), what we see is what it sees: a call that changes a name
 * is shown to us first, and until it has ended nothing is remembered of that name. Where the step
 * does not order them, its result is decided by chance, with or without us; all the same, a path
 * over a name that was just being changed is looked up again at the caller's next call. Numbers of
 * threads are used again: what is then noted of another thread is too much, never too little. */
#pragma once

#include <sys/stat.h>
#include <time.h>

#include "lookups.h"
#include "mounted.h"
#include "notice.h"
#include "plan.h"

#define OBSERVER_THREADS 256
#define OBSERVER_MOVERS	 8

/* What is remembered of a thread, at its number modulo the size of the table. */
struct thread {
	pid_t tid;
	uint32_t serial; /* of its last notice */
	uint32_t doubt;	 /* index + 1 of an entry whose text is to be looked up again; 0 */
	uint8_t uses;	 /* of that */
};

/* Who is moving a folder, after which everything below it has another name, and by which notice. */
struct mover {
	pid_t tid;
	uint32_t serial;
};

struct observer {
	const char *reason; /* why it is not complete, for people; NULL where it is */
	bool has_proc;	    /* whether /proc of the step is the kernel's */
	bool network;	    /* whether the step used the machine's network */
	bool counts_network;
	uint64_t calls;
	uint64_t interrupted; /* calls that a signal took back before they were seen */
	uint64_t id;	      /* of the last notice: the kernel numbers them without gaps */
	uint32_t serial;      /* of this notice */
	/* Rung "chroot": when the step began. There folders that are older can be moved. */
	struct timespec began;
	struct lookups lookups;
	struct mounted mounted;
	uint32_t generation; /* what was known of kinds before a folder moved is forgotten */
	struct thread threads[OBSERVER_THREADS];
	struct mover movers[OBSERVER_MOVERS];
	size_t mover_count;
};

/* Begins, in pid 1 of the step, when everything is mounted and nothing of the step runs. What
 * cannot be observed is not: `reason` says why. */
void observer_begin(struct observer *observer, const struct plan *plan);

/* Whether anything is still worth being noted. */
static inline bool observer_is_on(const struct observer *observer)
{
	return observer->reason == NULL;
}

/* The observation is not complete, for `reason` (a constant). */
void observer_fail(struct observer *observer, const char *reason);

/* To be called first for every notice; and when all processes of the step are gone. */
void observer_notice(struct observer *observer, const struct notice *notice);
void observer_end(struct observer *observer);

/* Copies out of the caller's memory: 0 or -EFAULT. Where it may not be read, it is as if something
 * had been missed. */
int observer_read(struct observer *observer, const struct notice *notice, uint64_t address,
		  void *to, size_t length);

/* Reads a path out of the caller's memory. False where nothing is to be noted: the observer is off,
 * or the path is empty or cannot be read (by the kernel neither). */
bool observer_read_path(struct observer *observer, const struct notice *notice, uint64_t address,
			char path[PATH_MAX]);

/* Notes that the caller looks `path` up, from `dirfd` (AT_FDCWD: from its working folder). */
void observer_look(struct observer *observer, const struct notice *notice, int dirfd,
		   const char *path, unsigned uses);

/* Like that, where the folder `dirfd` is the root of the path. */
void observer_look_inside(struct observer *observer, const struct notice *notice, int dirfd,
			  const char *path, unsigned uses);

/* Notes that the caller looks at the folder that its descriptor `fd` has open. */
void observer_look_at_open(struct observer *observer, const struct notice *notice, int fd,
			   unsigned uses);

/* The caller is about to move a folder, which was made at that time; NULL where nobody knows. */
void observer_folder_moves(struct observer *observer, const struct notice *notice,
			   const struct statx_timestamp *born);
