/* Implementation of pack_input.h. A file is taken only while it is what the client saw of it: the
 * same inode, size and times, looked at after its bytes were read, and where its times are too
 * young to tell (`verified`), of the same digest. No link on the way to it is followed. */
#include "pack_input.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "sighting.h"

enum { BUFFER = 1 << 16, PATH_ROOM = 4096 };

/* A layer may begin as an earlier one did: with pieces of that one's blob, and the states behind
 * them. */
enum stage { AT_START, PASSING, BEHIND_START };

struct pack_input {
	uint8_t buffer[BUFFER];
	size_t start, end; /* of what is in the buffer and not taken */
	enum stage stage;
	int file; /* the one that was read last, whose pieces may go on; -1 */
	char path[PATH_ROOM];
	struct sha256 sha;
};

struct pack_input *pack_input_new(void)
{
	struct pack_input *input = calloc(1, sizeof(*input));
	if (input != NULL)
		input->file = -1;
	return input;
}

static void close_file(struct pack_input *input)
{
	if (input->file >= 0)
		close(input->file);
	input->file = -1;
}

void pack_input_free(struct pack_input *input)
{
	if (input != NULL)
		close_file(input);
	free(input);
}

static int malformed(struct err *err, const char *why)
{
	return fail(err, "E_STREAM", 0, "the layer's description %s", why);
}

/* Fills the empty buffer: 1, 0 at the end of descriptor 0, or -errno. */
static int refill(struct pack_input *input, struct err *err)
{
	ssize_t n;
	do
		n = read(STDIN_FILENO, input->buffer, sizeof(input->buffer));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, "E_IO", errno, "cannot read the description");
	input->start = 0;
	input->end = (size_t)n;
	return n > 0;
}

static int take(struct pack_input *input, void *to, size_t length, struct err *err)
{
	uint8_t *at = to;
	while (length > 0) {
		if (input->start == input->end) {
			int rc = refill(input, err);
			if (rc <= 0)
				return rc < 0 ? rc : malformed(err, "is cut short");
		}
		size_t there = input->end - input->start, part = there < length ? there : length;
		memcpy(at, input->buffer + input->start, part);
		input->start += part;
		at += part;
		length -= part;
	}
	return 0;
}

/* A number of `bytes` bytes, the lowest first. */
static int take_number(struct pack_input *input, size_t bytes, uint64_t *value, struct err *err)
{
	uint8_t raw[8] = { 0 };
	int rc = take(input, raw, bytes, err);
	*value = 0;
	for (size_t i = bytes; rc == 0 && i-- > 0;)
		*value = *value << 8 | raw[i];
	return rc;
}

static int take_numbers(struct pack_input *input, uint64_t *values, const uint8_t *bytes,
			size_t count, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = take_number(input, bytes[i], &values[i], err);
	return rc;
}

static int take_path(struct pack_input *input, char path[PATH_ROOM], struct err *err)
{
	uint64_t length;
	int rc = take_number(input, 2, &length, err);
	if (rc < 0)
		return rc;
	if (length == 0 || length >= PATH_ROOM)
		return malformed(err, "has a path that is too long");
	rc = take(input, path, length, err);
	path[length] = '\0';
	return rc < 0 || memchr(path, '\0', length) == NULL ? rc : malformed(err, "has a NUL");
}

static int changed(const char *path, struct err *err)
{
	int rc = fail(err, "E_FILE_CHANGED", 0, "%s changed while it was read", path);
	err->hint =
		"something writes to the context during the build: stop it, or list the file in "
		".dockerignore";
	return rc;
}

static int open_file(struct pack_input *input, struct err *err)
{
	struct open_how how = { .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS };
	input->file = (int)syscall(SYS_openat2, AT_FDCWD, input->path, &how, sizeof(how));
	if (input->file >= 0)
		return 0;
	if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == ENXIO)
		return changed(input->path, err);
	if (errno == EACCES)
		return fail(err, "E_COPY_SOURCE", EACCES, "%s cannot be read: permission denied",
			    input->path);
	return fail(err, "E_IO", errno, "cannot open %s", input->path);
}

static int read_file(struct pack_input *input, uint64_t offset, uint8_t *to, size_t length,
		     struct err *err)
{
	while (length > 0) {
		ssize_t n = pread(input->file, to, length, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, "E_IO", errno, "cannot read %s", input->path);
		if (n == 0)
			return changed(input->path, err);
		to += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

/* A piece of a file; the pieces of one file follow each other. */
static int take_file(struct pack_input *input, struct pack_block *block, bool verified,
		     struct err *err)
{
	static const uint8_t widths[7] = { 8, 8, 8, 8, 8, 8, 4 };
	uint64_t values[7] = { 0 };
	uint8_t digest[SHA256_BYTES], actual[SHA256_BYTES], *to = block->bytes + block->length;
	int rc = take_path(input, input->path, err);
	if (rc == 0)
		rc = take_numbers(input, values, widths, lengthof(values), err);
	if (rc == 0 && verified)
		rc = take(input, digest, sizeof(digest), err);
	if (rc < 0)
		return rc;
	const struct sighting seen = { .device = values[0],
				       .inode = values[1],
				       .size = values[2],
				       .mtime = (int64_t)values[3],
				       .ctime = (int64_t)values[4] };
	uint64_t offset = values[5], length = values[6];
	if (length > DEFLATE_LARGEST - block->length)
		return malformed(err, "has a block that is too large");
	if (offset == 0) {
		close_file(input);
		sha256_begin(&input->sha);
		rc = open_file(input, err);
	}
	if (rc == 0)
		rc = read_file(input, offset, to, length, err);
	if (rc < 0)
		return rc;
	block->length += length;
	if (verified)
		sha256_add(&input->sha, to, length);
	if (offset + length < seen.size)
		return 0;
	if (verified)
		sha256_end(&input->sha, actual);
	bool holds = sighting_holds(&seen, input->file) &&
		     (!verified || memcmp(digest, actual, sizeof(digest)) == 0);
	close_file(input);
	return holds ? 0 : changed(input->path, err);
}

static int take_bytes(struct pack_input *input, struct pack_block *block, struct err *err)
{
	uint64_t length;
	int rc = take_number(input, 4, &length, err);
	if (rc < 0)
		return rc;
	if (length > DEFLATE_LARGEST - block->length)
		return malformed(err, "has a block that is too large");
	rc = take(input, block->bytes + block->length, length, err);
	block->length += length;
	return rc;
}

static int take_known(struct pack_input *input, struct pack_known *known, struct err *err)
{
	static const uint8_t widths[5] = { 8, 4, 4, 4, 4 };
	uint64_t values[5] = { 0 };
	int rc = take_path(input, known->path, err);
	if (rc == 0)
		rc = take_numbers(input, values, widths, lengthof(values), err);
	known->offset = values[0];
	known->length = (uint32_t)values[1];
	known->crc = (uint32_t)values[2];
	known->source_length = (uint32_t)values[3];
	known->source_crc = (uint32_t)values[4];
	return rc;
}

static int take_passed(struct pack_input *input, struct pack_block *block, struct err *err)
{
	if (input->stage == BEHIND_START)
		return malformed(err, "passes over what is not at its start");
	int rc = take_known(input, &block->known, err);
	if (rc < 0)
		return rc;
	block->length = block->known.source_length;
	block->is_passed = true;
	input->stage = PASSING;
	if (block->length > DEFLATE_LARGEST)
		return malformed(err, "has a block that is too large");
	return block->length % SHA256_BLOCK == 0 ? 0 : malformed(err, "passes over half a block");
}

static int take_states(struct pack_input *input, struct pack_block *block, struct err *err)
{
	if (input->stage != PASSING)
		return malformed(err, "goes on from nothing");
	input->stage = BEHIND_START;
	block->resumes = true;
	int rc = take(input, block->tar_state, sizeof(block->tar_state), err);
	return rc < 0 ? rc : take(input, block->blob_state, sizeof(block->blob_state), err);
}

int pack_input_begin(struct pack_input *input, struct pack_target *target, struct err *err)
{
	enum { AS_IT_IS = 255, HIGHEST = 9 };
	char kind, path[PATH_ROOM];
	uint64_t level = 0;
	int rc = input->start < input->end ? 1 : refill(input, err);
	if (rc <= 0)
		return rc;
	rc = take(input, &kind, 1, err);
	if (rc == 0 && kind != 'o')
		rc = malformed(err, "does not say where the blob goes");
	if (rc == 0)
		rc = take_number(input, 1, &level, err);
	if (rc == 0 && level > HIGHEST && level != AS_IT_IS)
		rc = malformed(err, "has a level that is none");
	if (rc == 0)
		rc = take_path(input, path, err);
	if (rc < 0)
		return rc;
	target->level = level == AS_IT_IS ? -1 : (int)level;
	target->output = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	input->stage = AT_START;
	return target->output >= 0
		       ? 1
		       : fail(err, "E_BLOB_WRITE", errno, "a blob cannot be written to the store");
}

int pack_input_next(struct pack_input *input, struct pack_block *block, struct err *err)
{
	for (;;) {
		char kind = 0;
		int rc = take(input, &kind, 1, err);
		if (rc < 0)
			return rc;
		if (input->stage == PASSING && kind != 'p' && kind != 's')
			return malformed(err, "does not say where it goes on");
		if (kind != 'p' && kind != 's')
			input->stage = BEHIND_START;
		switch (kind) {
		case 'p':
			rc = take_passed(input, block, err);
			return rc < 0 ? rc : 1;
		case 's':
			rc = take_states(input, block, err);
			break;
		case 'b':
			rc = take_bytes(input, block, err);
			break;
		case 'f':
		case 'v':
			rc = take_file(input, block, kind == 'v', err);
			break;
		case 'k':
			rc = take_known(input, &block->known, err);
			return rc < 0 ? rc : 1;
		case 'e':
			return 1;
		case 'z':
			return block->length == 0 ? 0 : malformed(err, "ends within a block");
		default:
			return malformed(err, "has a part of no known kind");
		}
		if (rc < 0)
			return rc;
	}
}
