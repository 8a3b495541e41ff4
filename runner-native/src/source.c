/* Implementation of source.h. */
#include "source.h"

#include <errno.h>
#include <string.h>

/* Reads on until `wanted` bytes are in the buffer, which has room for them. */
static int need(struct source *source, size_t wanted, struct err *err)
{
	if (sizeof(source->buffer) - source->start < wanted) {
		memmove(source->buffer, source->buffer + source->start,
			source->end - source->start);
		source->end -= source->start;
		source->start = 0;
	}
	while (source->end - source->start < wanted) {
		ssize_t n = read(source->fd, source->buffer + source->end,
				 sizeof(source->buffer) - source->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, "E_IO", errno, "cannot read the entry stream");
		if (n == 0)
			return fail(err, "E_STREAM", 0, "the entry stream is cut short");
		source->end += (size_t)n;
	}
	return 0;
}

int source_entry(struct source *source, struct entry *entry, struct err *err)
{
	int rc = need(source, 4, err);
	if (rc < 0)
		return rc;
	const unsigned char *at = source->buffer + source->start;
	size_t length = at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
	if (length == 0 || length > ENTRY_HEADER_MAX)
		return fail(err, "E_STREAM", 0, "an entry's header claims %zu bytes", length);
	source->start += 4;
	rc = need(source, length, err);
	if (rc < 0)
		return rc;
	memcpy(source->header, source->buffer + source->start, length);
	source->start += length;
	return entry_parse(source->header, length, entry, err);
}

int source_content(struct source *source, uint64_t size, int to, const char *path, struct err *err)
{
	while (size > 0) {
		if (source->start == source->end)
			source->start = source->end = 0;
		int rc = need(source, 1, err);
		if (rc < 0)
			return rc;
		size_t have = source->end - source->start;
		size_t piece = size < have ? (size_t)size : have;
		rc = write_all(to, source->buffer + source->start, piece);
		if (rc < 0)
			return fail(err, "E_IO", -rc, "cannot write /%s", path);
		source->start += piece;
		size -= piece;
	}
	return 0;
}

int source_end(struct source *source, struct err *err)
{
	char more;
	const int rc =
		source->start < source->end ? 1 : read_exact(source->fd, &more, sizeof(more));
	if (rc < 0)
		return fail(err, "E_IO", -rc, "cannot read the entry stream");
	return rc == 0 ? 0 : fail(err, "E_STREAM", 0, "the entry stream goes on behind its end");
}
