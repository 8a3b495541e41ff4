/* Takes note of what a step looks up (PROTOCOL.md, "What a step looked at"), from the calls that
 * its supervisor is shown. Answers none of them: the kernel performs each.
 *
 * Where a path ends is found by one openat2 that is refused when a link or a mount is crossed: if
 * it is not refused, the text is the place. Else it is walked, one name at a time (walk.h). While
 * the step has made no link, links that are crossed are the input tree's, where the client follows
 * them.
 *
 * Threat: memory and links change between our look and the kernel's. Where the step orders its
 * calls (one ends before the other begins), what we see is what it sees. Where it does not, its
 * result is decided by chance, with or without us; all the same, what is looked up while a link is
 * being made is looked up again when that is done. Numbers of threads are used again: what is then
 * noted of another thread is too much, never too little. */
#pragma once

#include "lookups.h"
#include "mounted.h"
#include "notice.h"
#include "plan.h"

#define OBSERVER_FLIGHTS 16
#define OBSERVER_RECENT	 64
#define OBSERVER_DOUBTS	 4096

struct observer {
	const char *reason; /* why it is not complete, for people; NULL where it is */
	bool network;	    /* whether the step used the machine's network */
	bool counts_network;
	const char *wrote; /* target of a mount that outlives the step and was changed by it */
	uint64_t calls;
	struct lookups lookups;
	struct mounted mounted;
	int root; /* O_PATH, of the step's root */
	/* Grows with each link that the step makes or moves; 1 at the beginning. */
	uint32_t generation;
	/* Threads whose call makes or moves a link, and may not have ended. */
	pid_t flights[OBSERVER_FLIGHTS];
	size_t flight_count;
	/* Entries of `lookups` that were asked during a flight, and those asked last. */
	uint32_t doubts[OBSERVER_DOUBTS];
	size_t doubt_count;
	uint32_t recent[OBSERVER_RECENT];
	size_t recent_count;
};

/* Begins, in pid 1 of the step, when everything is mounted and nothing of the step runs. What
 * cannot be observed is not: `reason` says why. */
void observer_begin(struct observer *observer, const struct plan *plan);

/* Whether anything is still worth being noted. */
static inline bool observer_is_on(const struct observer *observer)
{
	return observer->reason == NULL;
}

/* Whether the step may have made a link. */
static inline bool observer_has_links(const struct observer *observer)
{
	return observer->generation > 1;
}

/* The observation is not complete, for `reason` (a constant). */
void observer_fail(struct observer *observer, const char *reason);

/* To be called first for every notice. */
void observer_notice(struct observer *observer, const struct notice *notice);

/* Notes that the caller looks `path` up, from `dirfd` (AT_FDCWD: from its working folder). */
void observer_look(struct observer *observer, const struct notice *notice, int dirfd,
		   const char *path, unsigned uses);

/* Like that, for a call that sees `root` (O_PATH, not closed) as the root of its path. */
void observer_look_inside(struct observer *observer, const struct notice *notice, int root,
			  const char *path, unsigned uses);

/* Notes that the caller looks at the folder that its descriptor `fd` has open. */
void observer_look_at_open(struct observer *observer, const struct notice *notice, int fd,
			   unsigned uses);

/* The caller is about to make or move a link, or a folder that may hold some. */
void observer_link_moves(struct observer *observer, const struct notice *notice);

/* Notes the true place `path`, relative to the root, if it is on the root's own mount. */
void observer_note(struct observer *observer, const char *path, size_t length, unsigned uses);
