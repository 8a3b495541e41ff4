/* The way of a layer's blocks to its blob: filled by one thread, compressed by some, written in
 * order by one more. The order, and so the bytes, do not depend on who is quicker. */
#pragma once

#include "deflate.h"
#include "err.h"
#include "sha256.h"

/* Where the compressed form of a block was in an earlier blob, and of which bytes it was made. */
struct pack_known {
	char path[4096]; /* empty where nothing is known */
	uint64_t offset;
	uint32_t length, crc;
	uint32_t source_length, source_crc;
};

struct pack_block {
	uint8_t *bytes; /* room for DEFLATE_LARGEST */
	size_t length;
	uint32_t crc;
	struct pack_known known;
	bool is_passed; /* its bytes did not come: nothing but the known form can take its place */
	bool resumes;	/* what is before it was passed, and these are the states behind that */
	uint8_t tar_state[SHA256_BYTES]; /* of the tar up to its end, once it is filled */
	uint8_t blob_state[SHA256_BYTES];
	uint8_t *room; /* for the compressed form */
	const uint8_t *piece;
	size_t piece_length;
	uint32_t piece_crc;
	bool is_reused;
	bool is_made;
};

struct pack_totals {
	uint64_t size;
	uint32_t crc;
	uint8_t digest[SHA256_BYTES]; /* of bytes that are compressed; others came as they are */
};

/* Where a blob goes, an open file. */
struct pack_target {
	int output;
	int level; /* -1 leaves the bytes as they are; else they become one gzip member (RFC 1952)
		    */
};

struct pack_line;

int pack_line_open(const struct pack_target *target, struct pack_line **line, struct err *err);

/* Waits for the next block to fill, which is empty; NULL once something has gone wrong. */
struct pack_block *pack_line_next(struct pack_line *line);

/* Sends the block that pack_line_next gave on its way. */
void pack_line_put(struct pack_line *line);

/* Waits until everything is written, unless the client is to get none of it; tells what the blob
 * is, or what went wrong. */
int pack_line_close(struct pack_line *line, bool is_whole, struct pack_totals *totals,
		    struct err *err);
