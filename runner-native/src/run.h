/* The outer runner of a step: starts pid 1 in its namespaces, relays output, passes signals on,
 * and says how it ended. Has the caller's ids throughout and never touches anything of the image.
 */
#pragma once

#include "words.h"

/* 0: `exit` was sent. 1: a failure that was reported already. <0: `err` is to be reported. */
int run_verb(const struct words *words, struct err *err);
