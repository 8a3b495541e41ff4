/* Steps and dumps of their folders, one after another in one process, so that the exec, the user
 * namespace and the control groups of a runner are paid for once and not at each step. It keeps
 * nothing of one request for the next; whatever fails ends it. Ids and privilege as in run and
 * dump. */
#pragma once

#include "words.h"

/* `words` are those of the server itself; requests follow on WORDS_FD until its end. Results as
 * those of run_verb. */
int serve_verb(const struct words *words, struct err *err);
