/* Extended attributes of layers: which are an image's, and moving them.
 * Threat: attributes by which a layer would speak to overlayfs itself. Runs in dump and extract. */
#pragma once

#include "entry.h"

/* overlayfs's own, in either of its forms; never read into an entry, never written from one. */
bool xattr_is_overlay(const char *name);

/* slipway's own: what a layer of rung "single-id" records (ownership.h). Never an image's either.
 */
bool xattr_is_record(const char *name);

/* Whether the open folder hides what lies below it in lower layers. */
bool xattr_is_opaque(int dir);

/* Reads the attributes of an open file or folder that belong to an image; values live in `arena`
 * (of 1 MiB). 0 or -errno; -E2BIG where there are too many. */
int xattrs_read(int fd, struct entry *entry, unsigned char *arena);
