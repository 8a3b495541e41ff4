/* Writing an entry stream as a layer's folder.
 * Threat: the layer is an attacker's; see hostile layers in PROTOCOL.md. The worker sits in the
 * target folder as its root, opens every path below it without following any link, creates
 * exclusively, and replaces what is in the way instead of writing through it. Root of the machine
 * or of a user namespace. */
#pragma once

#include "words.h"

int extract_verb(const struct words *words, struct err *err);
