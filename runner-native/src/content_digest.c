/* Implementation of content_digest.h. */
#include "content_digest.h"

#include <errno.h>
#include <fcntl.h>

#include "util.h"

enum { PIECE = 128 << 10 };

/* Hashes as many bytes as were seen: one more is told by the times. */
static int hash(int file, uint64_t size, struct sha256 *sha)
{
	uint8_t piece[PIECE];
	while (size > 0) {
		ssize_t n = read(file, piece, size < PIECE ? (size_t)size : PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == EAGAIN))
			return -ESTALE;
		if (n < 0)
			return -errno;
		sha256_add(sha, piece, (size_t)n);
		size -= (uint64_t)n;
	}
	return 0;
}

int content_digest(int folder, const char *name, const struct sighting *seen,
		   uint8_t digest[SHA256_BYTES])
{
	struct sha256 sha;
	/* What has become a pipe is not waited for. */
	cleanup_close int file =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return -errno;
	sha256_begin(&sha);
	int rc = hash(file, seen->size, &sha);
	if (rc < 0)
		return rc;
	sha256_end(&sha, digest);
	return sighting_holds(seen, file) ? 0 : -ESTALE;
}
