/* Implementation of entry.h. */
#include "entry.h"

#include <errno.h>
#include <string.h>

/* The bytes not yet read; `bad` sticks once something did not fit. */
struct cursor {
	const unsigned char *at;
	size_t left;
	bool bad;
};

static const unsigned char *take_bytes(struct cursor *cursor, size_t count)
{
	if (cursor->bad || cursor->left < count) {
		cursor->bad = true;
		return NULL;
	}
	const unsigned char *start = cursor->at;
	cursor->at += count;
	cursor->left -= count;
	return start;
}

static uint64_t take_number(struct cursor *cursor, size_t width)
{
	uint64_t value = 0;
	const unsigned char *bytes = take_bytes(cursor, width);
	for (size_t i = 0; bytes != NULL && i < width; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

/* Copies a string of `length` bytes, which may hold no NUL, into `to`, which has `room`. */
static void take_string(struct cursor *cursor, size_t length, char *to, size_t room)
{
	const unsigned char *bytes = take_bytes(cursor, length);
	if (bytes == NULL || length >= room || memchr(bytes, '\0', length) != NULL) {
		cursor->bad = true;
		*to = '\0';
		return;
	}
	memcpy(to, bytes, length);
	to[length] = '\0';
}

static void take_xattrs(struct cursor *cursor, struct entry *entry, size_t count)
{
	if (count > ENTRY_XATTRS) {
		cursor->bad = true;
		return;
	}
	for (size_t i = 0; i < count && !cursor->bad; i++) {
		struct xattr *xattr = &entry->xattrs[entry->xattr_count++];
		size_t name_length = take_number(cursor, 2);
		xattr->length = (uint32_t)take_number(cursor, 4);
		take_string(cursor, name_length, xattr->name, sizeof(xattr->name));
		xattr->value = take_bytes(cursor, xattr->length);
		if (xattr->length > ENTRY_XATTR_MAX || name_length == 0)
			cursor->bad = true;
	}
}

/* What the fields must be, given the type. */
static int check(const struct entry *entry, struct err *err)
{
	bool is_link = entry->type == ENTRY_SYMLINK || entry->type == ENTRY_HARDLINK;
	if (!path_is_clean(entry->path))
		return fail(err, "E_LAYER_PATH", 0, "\"%s\" is not a path inside a layer",
			    entry->path);
	if (entry->type == ENTRY_HARDLINK && !path_is_clean(entry->link))
		return fail(err, "E_LAYER_PATH", 0,
			    "\"%s\", to which %s is a hard link, is not a path inside "
			    "a layer",
			    entry->link, entry->path);
	if (*entry->path == '\0' && entry->type != ENTRY_DIR && entry->type != ENTRY_OPAQUE)
		return fail(err, "E_LAYER_PATH", 0, "the root of a layer is not a folder");
	if (is_link != (*entry->link != '\0'))
		return fail(err, "E_STREAM", 0, "the link target of %s does not fit its type",
			    entry->path);
	if (entry->type != ENTRY_FILE && entry->size != 0)
		return fail(err, "E_STREAM", 0, "%s has content but is no file", entry->path);
	if (entry->mtime_nsec > 999999999)
		return fail(err, "E_STREAM", 0, "%s has an impossible time", entry->path);
	return 0;
}

int entry_parse(const unsigned char *bytes, size_t length, struct entry *entry, struct err *err)
{
	struct cursor cursor = { .at = bytes, .left = length };
	uint64_t type = take_number(&cursor, 1);
	entry->type = (enum entry_type)type;
	if (type == ENTRY_END && length == 1)
		return 0;
	if (cursor.bad || type == ENTRY_END || type >= ENTRY_SOCKET)
		return fail(err, "E_STREAM", 0, "an entry is of unknown type %u", (unsigned)type);
	uint64_t mode = take_number(&cursor, 4);
	entry->mode = (mode_t)(mode & 07777);
	entry->uid = (uid_t)take_number(&cursor, 4);
	entry->gid = (gid_t)take_number(&cursor, 4);
	entry->mtime_sec = (int64_t)take_number(&cursor, 8);
	entry->mtime_nsec = (uint32_t)take_number(&cursor, 4);
	entry->size = take_number(&cursor, 8);
	entry->major = (uint32_t)take_number(&cursor, 4);
	entry->minor = (uint32_t)take_number(&cursor, 4);
	size_t path_length = take_number(&cursor, 2);
	size_t link_length = take_number(&cursor, 2);
	size_t xattr_count = take_number(&cursor, 2);
	entry->xattr_count = 0;
	take_string(&cursor, path_length, entry->path, sizeof(entry->path));
	take_string(&cursor, link_length, entry->link, sizeof(entry->link));
	take_xattrs(&cursor, entry, xattr_count);
	if (cursor.bad || cursor.left != 0 || mode > 07777)
		return fail(err, "E_STREAM", 0, "the header of an entry is malformed");
	return check(entry, err);
}

struct pen {
	unsigned char *at;
	size_t left;
	bool full;
};

static void put_bytes(struct pen *pen, const void *bytes, size_t count)
{
	if (pen->full || pen->left < count) {
		pen->full = true;
		return;
	}
	if (count > 0)
		memcpy(pen->at, bytes, count);
	pen->at += count;
	pen->left -= count;
}

static void put_number(struct pen *pen, uint64_t value, size_t width)
{
	unsigned char bytes[8];
	for (size_t i = 0; i < width; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	put_bytes(pen, bytes, width);
}

ssize_t entry_format(const struct entry *entry, unsigned char *bytes)
{
	struct pen pen = { .at = bytes + 4, .left = ENTRY_HEADER_MAX };
	put_number(&pen, entry->type, 1);
	if (entry->type != ENTRY_END) {
		put_number(&pen, entry->mode, 4);
		put_number(&pen, entry->uid, 4);
		put_number(&pen, entry->gid, 4);
		put_number(&pen, (uint64_t)entry->mtime_sec, 8);
		put_number(&pen, entry->mtime_nsec, 4);
		put_number(&pen, entry->size, 8);
		put_number(&pen, entry->major, 4);
		put_number(&pen, entry->minor, 4);
		put_number(&pen, strlen(entry->path), 2);
		put_number(&pen, strlen(entry->link), 2);
		put_number(&pen, entry->xattr_count, 2);
		put_bytes(&pen, entry->path, strlen(entry->path));
		put_bytes(&pen, entry->link, strlen(entry->link));
	}
	for (size_t i = 0; entry->type != ENTRY_END && i < entry->xattr_count; i++) {
		put_number(&pen, strlen(entry->xattrs[i].name), 2);
		put_number(&pen, entry->xattrs[i].length, 4);
		put_bytes(&pen, entry->xattrs[i].name, strlen(entry->xattrs[i].name));
		put_bytes(&pen, entry->xattrs[i].value, entry->xattrs[i].length);
	}
	if (pen.full)
		return -E2BIG;
	struct pen length = { .at = bytes, .left = 4 };
	put_number(&length, (uint64_t)(pen.at - bytes - 4), 4);
	return pen.at - bytes;
}
