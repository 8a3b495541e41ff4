/* Entries on their way out: a buffer over a descriptor, and the content of files. No privilege. */
#pragma once

#include "entry.h"

struct sink {
	int fd;
	size_t used;
	uint64_t entries;
	uint64_t bytes;	  /* of content */
	uint64_t written; /* of the whole stream */
	unsigned char buffer[4 + ENTRY_HEADER_MAX + 65536];
};

int sink_entry(struct sink *sink, const struct entry *entry, struct err *err);

/* Copies exactly `size` bytes of the open file; E_IO if there are fewer or more. */
int sink_content(struct sink *sink, int file, uint64_t size, const char *path, struct err *err);

/* The end entry, and everything written out. */
int sink_end(struct sink *sink, struct err *err);
