/* Implementation of threads.h. The working folder is /proc. */
#include "threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

static struct thread *set_of(struct threads *threads, pid_t tid)
{
	return threads->all[(uint32_t)tid % THREADS_SETS];
}

struct thread *threads_find(struct threads *threads, pid_t tid)
{
	struct thread *set = set_of(threads, tid);
	for (size_t i = 0; i < THREADS_WAYS; i++)
		if (set[i].tid == tid)
			return &set[i];
	return NULL;
}

struct thread *threads_make_room(struct threads *threads, pid_t tid)
{
	struct thread *set = set_of(threads, tid);
	for (size_t i = 0; i < THREADS_WAYS; i++)
		if (set[i].tid == 0)
			return &set[i];
	for (size_t i = 0; i < THREADS_WAYS; i++)
		if (threads_has_ended(&set[i]))
			return &set[i];
	return NULL;
}

bool threads_has_ended(const struct thread *thread)
{
	char name[32], text[16];
	snprintf(name, sizeof(name), "%d/syscall", (int)thread->tid);
	cleanup_close int fd = open(name, O_RDONLY | O_CLOEXEC);
	const ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0) {
		snprintf(name, sizeof(name), "%d", (int)thread->tid);
		return access(name, F_OK) < 0;
	}
	text[length] = '\0';
	/* "running", wherever that is; else the number of the call that it waits in. */
	return text[0] != 'r' && strtol(text, NULL, 10) != (long)thread->number;
}
