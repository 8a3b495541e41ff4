/* Implementation of pack.h. The tar passes here once: it is hashed (diffID) in this thread, which
 * reads the files too, while others compress and write. */
#include "pack.h"

#include <errno.h>
#include <string.h>

#include "events.h"
#include "hex.h"
#include "pack_input.h"
#include "pack_line.h"

/* Returns 1 when all blocks are on their way, 0 where the line has failed, -errno for the input's
 * own error. */
static int fill(struct pack_line *line, struct pack_input *input, struct sha256 *tar,
		struct err *err)
{
	struct pack_block *block;
	while ((block = pack_line_next(line)) != NULL) {
		int rc = pack_input_next(input, block, err);
		if (rc <= 0)
			return rc < 0 ? rc : 1;
		if (block->resumes)
			sha256_resume(tar, block->tar_state);
		/* Of what is passed only its length is there, which is one of whole blocks. */
		if (block->is_passed)
			sha256_pass(tar, block->bytes, block->length);
		else
			sha256_add(tar, block->bytes, block->length);
		sha256_tell(tar, block->tar_state);
		pack_line_put(line);
	}
	return 0;
}

static int send_done(const uint8_t diff_id[SHA256_BYTES], const struct pack_totals *totals,
		     struct err *err)
{
	struct json json;
	char text[2 * SHA256_BYTES + 1];
	json_begin(&json, "done");
	hex_of(diff_id, SHA256_BYTES, text);
	json_string(&json, "diff_id", text);
	hex_of(totals->digest, SHA256_BYTES, text);
	json_string(&json, "digest", text);
	json_number(&json, "bytes", (int64_t)totals->size);
	json_number(&json, "crc", totals->crc);
	int rc = json_send(&json, EVENT_FD);
	return rc < 0 ? fail(err, "E_IO", -rc, "cannot tell the result") : 0;
}

/* The tar, and then the blob, of one layer. */
static int pack_layer(struct pack_input *input, const struct pack_target *target, struct err *err)
{
	struct pack_line *line = NULL;
	struct pack_totals totals = { 0 };
	struct sha256 tar;
	uint8_t diff_id[SHA256_BYTES];
	struct err late;
	sha256_begin(&tar);
	int rc = pack_line_open(target, &line, err);
	if (rc == 0)
		rc = fill(line, input, &tar, err);
	if (line != NULL) {
		int closed = pack_line_close(line, rc > 0, &totals, &late);
		/* What stopped the line is the reason, not that it took nothing more. */
		if (rc >= 0 && closed < 0) {
			*err = late;
			rc = closed;
		}
	}
	if (rc < 0)
		return rc;
	sha256_end(&tar, diff_id);
	if (target->level < 0)
		memcpy(totals.digest, diff_id, sizeof(diff_id));
	return send_done(diff_id, &totals, err);
}

int pack_verb(const struct words *words, struct err *err)
{
	struct pack_target target;
	int rc = words_dispatch(words, NULL, 0, NULL, err);
	if (rc < 0)
		return rc;
	struct pack_input *input = pack_input_new();
	if (input == NULL)
		return fail(err, "E_IO", ENOMEM, "cannot read a layer");
	while ((rc = pack_input_begin(input, &target, err)) > 0) {
		rc = pack_layer(input, &target, err);
		close(target.output);
		if (rc < 0)
			break;
	}
	pack_input_free(input);
	return rc;
}
