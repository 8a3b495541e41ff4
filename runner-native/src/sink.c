/* Implementation of sink.h. */
#include "sink.h"

#include <errno.h>

static int flush(struct sink *sink, struct err *err)
{
	int rc = write_all(sink->fd, sink->buffer, sink->used);
	sink->written += sink->used;
	sink->used = 0;
	return rc < 0 ? fail(err, "E_IO", -rc, "cannot write the entry stream") : 0;
}

int sink_entry(struct sink *sink, const struct entry *entry, struct err *err)
{
	if (sizeof(sink->buffer) - sink->used < 4 + ENTRY_HEADER_MAX) {
		int rc = flush(sink, err);
		if (rc < 0)
			return rc;
	}
	ssize_t size = entry_format(entry, sink->buffer + sink->used);
	if (size < 0)
		return fail(err, "E_IO", (int)-size, "the attributes of %s are too long",
			    entry->path);
	sink->used += (size_t)size;
	sink->entries += entry->type != ENTRY_END;
	return 0;
}

int sink_content(struct sink *sink, int file, uint64_t size, const char *path, struct err *err)
{
	uint64_t left = size;
	while (left > 0) {
		size_t room = sizeof(sink->buffer) - sink->used;
		if (room < 65536) {
			int rc = flush(sink, err);
			if (rc < 0)
				return rc;
			room = sizeof(sink->buffer);
		}
		ssize_t n =
			read(file, sink->buffer + sink->used, left < room ? (size_t)left : room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(err, "E_IO", n < 0 ? errno : 0,
				    "%s cannot be read, or became shorter", path);
		sink->used += (size_t)n;
		left -= (uint64_t)n;
	}
	char more;
	if (read(file, &more, 1) > 0)
		return fail(err, "E_IO", 0, "%s became longer while it was read", path);
	sink->bytes += size;
	return 0;
}

int sink_end(struct sink *sink, struct err *err)
{
	static const struct entry end = { .type = ENTRY_END };
	int rc = sink_entry(sink, &end, err);
	return rc < 0 ? rc : flush(sink, err);
}
