/* What a layer's tar is made of, as the client says it on descriptor 0: bytes, and files of a
 * context that are read here. The tree of the context is hostile: it may change at any moment. */
#pragma once

#include "pack_line.h"

struct pack_input;

struct pack_input *pack_input_new(void);
void pack_input_free(struct pack_input *input);

/* Begins the next layer: 1, 0 where there is none, or -errno. `target`'s file is the caller's to
 * close. */
int pack_input_begin(struct pack_input *input, struct pack_target *target, struct err *err);

/* Fills `block`. Returns 1, 0 at the end of the layer (with nothing in the block), or -errno. */
int pack_input_next(struct pack_input *input, struct pack_block *block, struct err *err);
