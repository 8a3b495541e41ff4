/* What of a sandbox this machine gives to the caller: every part is tried for real, in a child, on
 * nothing of value. Leaves nothing behind. */
#pragma once

#include "words.h"

int probe_verb(const struct words *words, struct err *err);
