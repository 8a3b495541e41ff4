/* Bytes that grow at their end. */
#pragma once

#include "util.h"

struct bytes {
	uint8_t *data;
	size_t length, room;
};

/* Adds a copy of `length` bytes, or that many zeros for NULL; 0 or -ENOMEM. */
int bytes_add(struct bytes *bytes, const void *data, size_t length);
void bytes_free(struct bytes *bytes);
