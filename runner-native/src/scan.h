/* The verb `scan`: lists folders of contexts and digests files in them, one request after the
 * other, by as many threads as there are processors. Answers come in the order in which they are
 * ready. */
#pragma once

#include "words.h"

int scan_verb(const struct words *words, struct err *err);
