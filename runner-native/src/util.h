/* Cleanup attributes, whole writes and strings for every file of the runner.
 * Nothing here knows of namespaces or of privilege; nothing here exits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static inline void cleanup_close_fn(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_free_fn(void *at)
{
	free(*(void **)at);
}

#define cleanup_close		     __attribute__((cleanup(cleanup_close_fn)))
#define cleanup_free		     __attribute__((cleanup(cleanup_free_fn)))
#define printf_like(template, first) __attribute__((format(printf, template, first)))
#define lengthof(array)		     (sizeof(array) / sizeof((array)[0]))

/* Takes the descriptor out of `fd`, so that its cleanup closes nothing. */
static inline int steal_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* Writes all of `data`; 0 or -errno. */
int write_all(int fd, const void *data, size_t length);

/* Reads exactly `length` bytes: 1 when whole, 0 at an end of file before the first byte, or
 * -errno (-EPIPE for an end in the middle). */
int read_exact(int fd, void *data, size_t length);

/* Reads `fd` to its end, at most `limit` bytes, into a new buffer with a NUL after the last
 * byte; 0 or -errno (-EFBIG past the limit). */
int read_to_end(int fd, size_t limit, char **data, size_t *length);

/* A decimal (base 10) or octal (base 8) number that is the whole of `text`: false for anything
 * else, signs and spaces included, and for more than `max`. */
bool parse_number(const char *text, int base, uint64_t max, uint64_t *value);

/* "/proc/self/fd/N": a short name for an open file, for calls that only take a path. */
struct fd_path {
	char text[32];
};
struct fd_path fd_path(int fd);
