/* Implementation of util.h. Runs in every process, with any privilege; parses only numbers. */
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int write_all(int fd, const void *data, size_t length)
{
	const char *at = data;
	while (length > 0) {
		ssize_t n = write(fd, at, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int read_exact(int fd, void *data, size_t length)
{
	char *at = data;
	size_t left = length;
	while (left > 0) {
		ssize_t n = read(fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return left == length ? 0 : -EPIPE;
		at += n;
		left -= (size_t)n;
	}
	return 1;
}

int read_to_end(int fd, size_t limit, char **data, size_t *length)
{
	size_t room = 16384;
	size_t used = 0;
	cleanup_free char *buffer = malloc(room);
	if (buffer == NULL)
		return -ENOMEM;
	for (;;) {
		if (used + 1 == room) {
			char *grown = realloc(buffer, room * 2);
			if (grown == NULL)
				return -ENOMEM;
			buffer = grown;
			room *= 2;
		}
		ssize_t n = read(fd, buffer + used, room - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > limit)
			return -EFBIG;
	}
	buffer[used] = '\0';
	*length = used;
	*data = buffer;
	buffer = NULL;
	return 0;
}

bool parse_number(const char *text, int base, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned digit = (unsigned char)*text - (unsigned)'0';
		if (digit >= (unsigned)base)
			return false;
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit, &sum) || sum > max)
			return false;
	}
	*value = sum;
	return true;
}

struct fd_path fd_path(int fd)
{
	struct fd_path path;
	snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}
