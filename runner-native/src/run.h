/* The outer runner of a step: starts pid 1 in its namespaces, relays output, passes signals on,
 * and says how it ended. Never touches anything of the image; a step cannot see it. */
#pragma once

#include "words.h"

/* 0: `exit` was sent. 1: this process has nothing more to do, since its failure was reported
 * already or since it is a child of the runner. <0: `err` is to be reported. */
int run_verb(const struct words *words, struct err *err);
