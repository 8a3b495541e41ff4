/* Implementation of pack_line.h. One lock: what is done under it is moving numbers. */
#include "pack_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "cores.h"
#include "crc32.h"
#include "events.h"
#include "hex.h"

enum {
	MOST_WORKERS = 8,
	SLOTS_FOR_EACH = 2,
	/* From here on the disk begins with what it has, so that little is left for the sync. */
	EARLY_BYTES = 8 << 20,
};

struct pack_line {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct pack_block *slots;
	size_t slot_count;
	uint64_t filled, taken, written; /* numbers of blocks */
	bool is_ended, is_failed;
	struct err err;
	int output, level;
	pthread_t workers[MOST_WORKERS], writer;
	size_t worker_count;
	bool has_writer;
	struct pack_totals totals;
};

static void fail_line(struct pack_line *line, const struct err *err)
{
	pthread_mutex_lock(&line->lock);
	if (!line->is_failed)
		line->err = *err;
	line->is_failed = true;
	pthread_cond_broadcast(&line->moved);
	pthread_mutex_unlock(&line->lock);
}

static bool has_failed(struct pack_line *line)
{
	pthread_mutex_lock(&line->lock);
	bool has = line->is_failed;
	pthread_mutex_unlock(&line->lock);
	return has;
}

/* The earlier compressed form, where it is whole and of the very bytes that came now. */
static bool take_known(struct pack_block *block)
{
	const struct pack_known *known = &block->known;
	if (known->path[0] == '\0' || known->source_length != block->length ||
	    known->source_crc != block->crc || known->length > deflate_bound(block->length))
		return false;
	int cleanup_close fd = open(known->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t length = 0;
	while (fd >= 0 && length < known->length) {
		ssize_t n = pread(fd, block->room + length, known->length - length,
				  (off_t)(known->offset + length));
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	block->piece = block->room;
	block->piece_length = length;
	block->piece_crc = crc32_add(0, block->room, length);
	return fd >= 0 && length == known->length && block->piece_crc == known->crc;
}

static int lost(const struct pack_known *known, struct err *err)
{
	return fail(err, "E_PIECE_LOST", 0, "%s has no longer what was made of a layer's beginning",
		    known->path);
}

/* Returns 0, or -errno where the block can only be taken as it was, and is not there. */
static int make_piece(struct deflater *deflater, struct pack_block *block, struct err *err)
{
	block->crc = block->is_passed ? block->known.source_crc
				      : crc32_add(0, block->bytes, block->length);
	block->is_reused = (deflater != NULL || block->is_passed) && take_known(block);
	if (block->is_reused)
		return 0;
	if (block->is_passed)
		return lost(&block->known, err);
	if (deflater == NULL) {
		block->piece = block->bytes;
		block->piece_length = block->length;
		block->piece_crc = block->crc;
		return 0;
	}
	block->piece = block->room;
	block->piece_length = deflate_block(deflater, block->bytes, block->length, block->room);
	block->piece_crc = crc32_add(0, block->piece, block->piece_length);
	return 0;
}

static void *work(void *at)
{
	struct pack_line *line = at;
	struct deflater *deflater = line->level < 0 ? NULL : deflater_new(line->level);
	struct err err;
	if (line->level >= 0 && deflater == NULL) {
		fail(&err, "E_IO", ENOMEM, "cannot compress");
		fail_line(line, &err);
		return NULL;
	}
	pthread_mutex_lock(&line->lock);
	for (;;) {
		while (!line->is_failed && line->taken == line->filled && !line->is_ended)
			pthread_cond_wait(&line->moved, &line->lock);
		if (line->is_failed || line->taken == line->filled)
			break;
		struct pack_block *block = &line->slots[line->taken++ % line->slot_count];
		pthread_mutex_unlock(&line->lock);
		if (make_piece(deflater, block, &err) < 0)
			fail_line(line, &err);
		pthread_mutex_lock(&line->lock);
		block->is_made = true;
		pthread_cond_broadcast(&line->moved);
	}
	pthread_mutex_unlock(&line->lock);
	deflater_free(deflater);
	return NULL;
}

/* What is written, as it is written. */
struct output {
	int file;
	bool is_hashed; /* where the blob is the tar, who filled the line has done it */
	struct sha256 sha;
	uint64_t size, synced, source_size;
	uint32_t crc, source_crc;
};

static int write_out(struct output *output, const void *data, size_t length, struct err *err)
{
	int rc = write_all(output->file, data, length);
	if (rc < 0)
		return fail(err, "E_BLOB_WRITE", -rc, "a blob cannot be written to the store");
	output->size += length;
	if (output->size - output->synced >= EARLY_BYTES) {
		/* Only a hint: whether all is on the disk the client finds out by its sync. */
		(void)sync_file_range(output->file, (off_t)output->synced,
				      (off_t)(output->size - output->synced),
				      SYNC_FILE_RANGE_WRITE);
		output->synced = output->size;
	}
	return 0;
}

static void add_state(struct json *json, const char *key, const uint8_t state[SHA256_BYTES])
{
	char text[2 * SHA256_BYTES + 1];
	hex_of(state, SHA256_BYTES, text);
	json_string(json, key, text);
}

/* Tells of a block that was written. */
static int tell(const struct output *output, const struct pack_block *block, struct err *err)
{
	struct json json;
	uint8_t blob_state[SHA256_BYTES];
	json_begin(&json, "block");
	json_number(&json, "size", (int64_t)block->length);
	json_number(&json, "crc", block->crc);
	json_number(&json, "length", (int64_t)block->piece_length);
	json_number(&json, "piece_crc", block->piece_crc);
	json_bool(&json, "reused", block->is_reused);
	if (!block->is_passed) {
		sha256_tell(&output->sha, blob_state);
		add_state(&json, "tar_state", block->tar_state);
		add_state(&json, "blob_state", output->is_hashed ? blob_state : block->tar_state);
	}
	int rc = json_send(&json, EVENT_FD);
	return rc < 0 ? fail(err, "E_IO", -rc, "cannot tell of a block") : 0;
}

static int write_piece(struct output *output, const struct pack_block *block, struct err *err)
{
	int rc = write_out(output, block->piece, block->piece_length, err);
	if (rc < 0)
		return rc;
	output->crc = crc32_join(output->crc, block->piece_crc, block->piece_length);
	output->source_crc = crc32_join(output->source_crc, block->crc, block->length);
	output->source_size += block->length;
	if (block->resumes)
		sha256_resume(&output->sha, block->blob_state);
	if (block->is_passed)
		sha256_pass(&output->sha, block->piece, block->piece_length);
	else if (output->is_hashed)
		sha256_add(&output->sha, block->piece, block->piece_length);
	return tell(output, block, err);
}

/* Bytes of gzip's own, around the blocks. */
static int write_frame(struct output *output, const void *data, size_t length, struct err *err)
{
	sha256_add(&output->sha, data, length);
	output->crc = crc32_add(output->crc, data, length);
	return write_out(output, data, length, err);
}

/* No name, no time (a time would differ at each build), of no known system. */
static const uint8_t gzip_head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

static int write_tail(struct output *output, struct err *err)
{
	uint8_t tail[10] = { 3, 0 }; /* an empty block that is the last one; then CRC and size */
	uint32_t fields[2] = { output->source_crc, (uint32_t)output->source_size };
	for (int i = 0; i < 8; i++)
		tail[2 + i] = (uint8_t)(fields[i / 4] >> 8 * (i % 4));
	return write_frame(output, tail, sizeof(tail), err);
}

/* The next block to write, when it is made: NULL at the end and after a failure. */
static struct pack_block *wait_for_made(struct pack_line *line)
{
	struct pack_block *block = &line->slots[line->written % line->slot_count];
	pthread_mutex_lock(&line->lock);
	while (!line->is_failed && !(line->written < line->filled && block->is_made) &&
	       !(line->is_ended && line->written == line->filled))
		pthread_cond_wait(&line->moved, &line->lock);
	bool is_there = !line->is_failed && line->written < line->filled;
	pthread_mutex_unlock(&line->lock);
	return is_there ? block : NULL;
}

static void *write_blocks(void *at)
{
	struct pack_line *line = at;
	struct output output = { .file = line->output, .is_hashed = line->level >= 0 };
	struct err err;
	struct pack_block *block;
	sha256_begin(&output.sha);
	int rc = 0;
	if (line->level >= 0)
		rc = write_frame(&output, gzip_head, sizeof(gzip_head), &err);
	while (rc == 0 && (block = wait_for_made(line)) != NULL) {
		rc = write_piece(&output, block, &err);
		pthread_mutex_lock(&line->lock);
		line->written++;
		pthread_cond_broadcast(&line->moved);
		pthread_mutex_unlock(&line->lock);
	}
	if (rc == 0 && line->level >= 0 && !has_failed(line))
		rc = write_tail(&output, &err);
	if (rc < 0)
		fail_line(line, &err);
	line->totals.size = output.size;
	line->totals.crc = output.crc;
	sha256_end(&output.sha, line->totals.digest);
	return NULL;
}

static int start_threads(struct pack_line *line, size_t workers)
{
	int rc = 0;
	while (rc == 0 && line->worker_count < workers) {
		rc = pthread_create(&line->workers[line->worker_count], NULL, work, line);
		line->worker_count += rc == 0;
	}
	if (rc == 0)
		rc = pthread_create(&line->writer, NULL, write_blocks, line);
	line->has_writer = rc == 0;
	return rc;
}

static bool give_room(struct pack_line *line)
{
	line->slots = calloc(line->slot_count, sizeof(*line->slots));
	for (size_t i = 0; line->slots != NULL && i < line->slot_count; i++) {
		line->slots[i].bytes = malloc(DEFLATE_LARGEST);
		line->slots[i].room = malloc(deflate_bound(DEFLATE_LARGEST));
		if (line->slots[i].bytes == NULL || line->slots[i].room == NULL)
			return false;
	}
	return line->slots != NULL;
}

int pack_line_open(const struct pack_target *target, struct pack_line **opened, struct err *err)
{
	size_t cores = core_count(), workers = cores < MOST_WORKERS ? cores : MOST_WORKERS;
	struct pack_line *line = calloc(1, sizeof(*line));
	*opened = line;
	if (line == NULL)
		return fail(err, "E_IO", ENOMEM, "cannot compress");
	crc32_init();
	pthread_mutex_init(&line->lock, NULL);
	pthread_cond_init(&line->moved, NULL);
	line->output = target->output;
	line->level = target->level;
	line->slot_count = workers * SLOTS_FOR_EACH + 2;
	if (!give_room(line))
		return fail(err, "E_IO", ENOMEM, "cannot hold the blocks");
	int rc = start_threads(line, workers);
	return rc == 0 ? 0 : fail(err, "E_IO", rc, "cannot start a thread");
}

struct pack_block *pack_line_next(struct pack_line *line)
{
	struct pack_block *block = &line->slots[line->filled % line->slot_count];
	pthread_mutex_lock(&line->lock);
	while (!line->is_failed && line->filled - line->written == line->slot_count)
		pthread_cond_wait(&line->moved, &line->lock);
	pthread_mutex_unlock(&line->lock);
	if (has_failed(line))
		return NULL;
	block->length = 0;
	block->known.path[0] = '\0';
	block->is_passed = false;
	block->resumes = false;
	block->is_made = false;
	return block;
}

void pack_line_put(struct pack_line *line)
{
	pthread_mutex_lock(&line->lock);
	line->filled++;
	pthread_cond_broadcast(&line->moved);
	pthread_mutex_unlock(&line->lock);
}

int pack_line_close(struct pack_line *line, bool is_whole, struct pack_totals *totals,
		    struct err *err)
{
	pthread_mutex_lock(&line->lock);
	line->is_ended = true;
	bool had_failed = line->is_failed;
	line->is_failed = line->is_failed || !is_whole;
	pthread_cond_broadcast(&line->moved);
	pthread_mutex_unlock(&line->lock);
	for (size_t i = 0; i < line->worker_count; i++)
		pthread_join(line->workers[i], NULL);
	if (line->has_writer)
		pthread_join(line->writer, NULL);
	if (is_whole && line->is_failed)
		had_failed = true;
	if (had_failed)
		*err = line->err;
	*totals = line->totals;
	for (size_t i = 0; line->slots != NULL && i < line->slot_count; i++) {
		free(line->slots[i].bytes);
		free(line->slots[i].room);
	}
	free(line->slots);
	free(line);
	return had_failed ? -EIO : 0;
}
