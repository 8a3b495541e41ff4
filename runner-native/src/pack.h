/* The verb `pack`: makes a layer's tar of what the client describes, and its blob of the tar. */
#pragma once

#include "words.h"

int pack_verb(const struct words *words, struct err *err);
