/* What a client of `scan` asks: to list a folder, or for the digests of files that a listing
 * showed. */
#pragma once

#include "bytes.h"
#include "err.h"

struct scan_request {
	uint32_t number; /* the client's, by which it knows the answer */
	bool wants_digests;
	uint32_t count; /* of files */
	char *path;	/* absolute */
	uint8_t *rows;	/* `count` times a struct sighting, at any address */
	char *texts;	/* as many times a name, a NUL, a target, and a NUL */
};

/* Reads the next request from stdin: 1, or 0 where there are no more. */
int scan_request_read(struct scan_request **request, struct err *err);
void scan_request_free(struct scan_request *request);

/* Does what is asked and adds the answer's body; 0 or -errno, with a body that says more of it. */
int scan_request_perform(const struct scan_request *request, struct bytes *body);
