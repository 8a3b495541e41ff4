/* Reading a layer's folder as an entry stream.
 * Threat: the folder is what a step wrote: links, devices, FIFOs, endless depth. Nothing is opened
 * but regular files and folders, each relative to its open parent and without following a link. */
#pragma once

#include "words.h"

int dump_verb(const struct words *words, struct err *err);
