/* The digest of a file's content, as long as the file is what somebody saw of it before. */
#pragma once

#include "sha256.h"
#include "sighting.h"

/* Reads the file `name` in the open folder; 0, or -errno: -ESTALE where it is another file or in
 * another state by now, -ELOOP for a link. */
int content_digest(int folder, const char *name, const struct sighting *seen,
		   uint8_t digest[SHA256_BYTES]);
