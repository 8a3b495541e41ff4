/* Takes note of what a step looks up (PROTOCOL.md, "What a step looked at"), from the calls that
 * its supervisor is shown. Answers none of them: the kernel performs each. Where a path ends is
 * found out in resolve.h.
 *
 * Threat: memory and names change between our look and the kernel's. A call that changes a name is
 * shown to us first, and until it has ended nothing is remembered of that name. A path is looked up
 * again at its caller's next call, when the first call has surely ended, if meanwhile another
 * thread has changed any name: whoever waits for a name to appear has then found what we find. What
 * is changed twice in that time, or the text of a path in memory, is decided by chance, with or
 * without us. Numbers of threads are used again: what is then noted of another thread is too much,
 * never too little. */
#pragma once

#include <time.h>

#include "lookups.h"
#include "mounted.h"
#include "notice.h"
#include "plan.h"
#include "sys.h"
#include "threads.h"

#define OBSERVER_MOVERS 64

/* The last change of a name, whatever it was. */
struct change {
	pid_t tid;
	uint32_t serial;
};

/* Who is changing names that nobody knows, and by which notice: all those below a folder that
 * moves, or some of a set that was emptied. */
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
	uint64_t handled, sent;	   /* signals: with a handler without SA_RESTART; of a process */
	uint64_t interrupted;	   /* calls that were taken back unseen, and may have failed */
	uint64_t told, told_bytes; /* paths that were told of, and their length */
	uint64_t id;		   /* of the last notice: the kernel numbers them without gaps */
	uint32_t serial;	   /* of this notice */
	unsigned selves;	   /* links to /proc/self that were crossed */
	/* Rung "chroot": when the step began. There folders that are older can be moved. */
	struct timespec began;
	struct lookups lookups;
	struct mounted mounted;
	struct threads threads;
	struct thread *thread;	  /* the caller's; NULL where it is nobody's call */
	struct change changes[2]; /* the last one, and the last one by another thread than that */
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

/* Whether a look-up may fail because it waits for us (observe_signals.c). */
bool observer_may_be_interrupted(const struct observer *observer);

/* To be called first for every notice; and when all processes of the step are gone. */
void observer_notice(struct observer *observer, const struct notice *notice);
void observer_end(struct observer *observer);

/* Copies out of the caller's memory. False where nothing is to be noted: the observer is off, or
 * there is nothing to be read, by the kernel neither. Where there may be something (memory that is
 * secret to its process) the observation fails. */
bool observer_read(struct observer *observer, const struct notice *notice, uint64_t address,
		   void *to, size_t length);

/* The same of a path, which is not empty. */
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

/* Thread `tid` is about to change a name. */
void observer_changes(struct observer *observer, pid_t tid);

/* By its notice `serial`, which has not ended, thread `tid` changes names that nobody knows. */
void observer_moves(struct observer *observer, pid_t tid, uint32_t serial);

/* The caller is about to move a folder, which was made at that time; NULL where nobody knows. */
void observer_folder_moves(struct observer *observer, const struct notice *notice,
			   const struct statx_timestamp *born);
