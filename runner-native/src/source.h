/* Entries on their way in: a buffer over stdin. Threat: lengths that lie; nothing is believed
 * beyond the limits of entry.h, and content is handed on in pieces. No privilege. */
#pragma once

#include "entry.h"

struct source {
	int fd;
	size_t start, end;
	unsigned char buffer[2 * ENTRY_HEADER_MAX];
	unsigned char header[ENTRY_HEADER_MAX]; /* of the last entry, whose xattrs point into it */
};

/* The next entry; E_STREAM for a stream that is cut short or malformed. `entry` is valid until the
 * next one. */
int source_entry(struct source *source, struct entry *entry, struct err *err);

/* Waits for the client to close its end: a runner that went first would look to it like one that
 * broke off. E_STREAM for a stream that goes on. */
int source_end(struct source *source, struct err *err);

/* Writes the next `size` bytes to the open file `to`. */
int source_content(struct source *source, uint64_t size, int to, const char *path, struct err *err);
