/* The entry stream of PROTOCOL.md: one header at a time, to and from bytes.
 * Threat: an extract stream carries a layer that an attacker wrote; lengths lie, names hold NULs.
 * The parser reads only inside of the header's bytes and copies nothing that it has not measured.
 * Pure. */
#pragma once

#include "err.h"
#include "path.h"

#define ENTRY_HEADER_MAX ((size_t)1 << 20)
#define ENTRY_XATTR_MAX	 65536
#define ENTRY_XATTRS	 128

enum entry_type {
	ENTRY_END,
	ENTRY_FILE,
	ENTRY_DIR,
	ENTRY_SYMLINK,
	ENTRY_HARDLINK,
	ENTRY_CHAR,
	ENTRY_BLOCK,
	ENTRY_FIFO,
	ENTRY_WHITEOUT,
	ENTRY_OPAQUE,
	ENTRY_SOCKET,
};

struct xattr {
	char name[256];
	const unsigned char *value; /* inside the header's bytes */
	uint32_t length;
};

struct entry {
	enum entry_type type;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
	uint64_t size;
	uint32_t major, minor;
	char path[WHOLE_PATH_MAX + 1];
	char link[WHOLE_PATH_MAX + 1];
	struct xattr xattrs[ENTRY_XATTRS];
	size_t xattr_count;
};

/* Parses a header (the bytes after headerLength). E_STREAM for a malformed one, E_LAYER_PATH for
 * a path that is not clean. `entry` points into `bytes`. */
int entry_parse(const unsigned char *bytes, size_t length, struct entry *entry, struct err *err);

/* Writes length and header into `bytes`, which has room for 4 + ENTRY_HEADER_MAX; the whole size,
 * or -E2BIG. */
ssize_t entry_format(const struct entry *entry, unsigned char *bytes);
