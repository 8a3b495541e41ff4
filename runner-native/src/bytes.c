/* Implementation of bytes.h. */
#include "bytes.h"

#include <errno.h>
#include <string.h>

enum { SMALLEST = 4096 };

int bytes_add(struct bytes *bytes, const void *data, size_t length)
{
	if (length > bytes->room - bytes->length) {
		size_t room = 2 * bytes->length + length + SMALLEST;
		uint8_t *grown = realloc(bytes->data, room);
		if (grown == NULL)
			return -ENOMEM;
		bytes->data = grown;
		bytes->room = room;
	}
	if (length > 0 && data == NULL)
		memset(bytes->data + bytes->length, 0, length);
	else if (length > 0)
		memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
	return 0;
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){ 0 };
}
