/* What is remembered of the threads of a step whose calls are observed: the last call of each, and
 * what it looked up. A table of bounded size: a thread is forgotten when another needs its room,
 * but not before its call has surely ended. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define THREADS_HELD 2 /* paths of a call */
#define THREADS_WAYS 8
#define THREADS_SETS 64

/* A path that a call has looked up, from the step's root. */
struct held {
	uint8_t uses;
	char path[400]; /* longer ones are not held */
};

struct thread {
	pid_t tid;		 /* 0: nobody */
	uint32_t serial, number; /* of its last notice, and of the call */
	bool is_doubtful;	 /* a name that it met was just being changed */
	bool is_too_much;	 /* not all of its paths are held */
	uint8_t held_count;
	struct held held[THREADS_HELD];
};

struct threads {
	struct thread all[THREADS_SETS][THREADS_WAYS];
};

/* The room of a thread; NULL where it has none. */
struct thread *threads_find(struct threads *threads, pid_t tid);

/* Room for a thread that has none: somebody's whose call has ended, and who is still in it. NULL
 * where there is none. */
struct thread *threads_make_room(struct threads *threads, pid_t tid);

/* Whether the thread's last call has surely ended: it is gone, or in another call. */
bool threads_has_ended(const struct thread *thread);
