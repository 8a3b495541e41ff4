/* Deleting folders of the store with everything in them.
 * Threat: a tree that a step wrote: links, folders without permissions, depths beyond what
 * recursion and descriptors bear. Everything is unlinked relative to an open folder; no link is
 * ever followed. */
#pragma once

#include "words.h"

int remove_verb(const struct words *words, struct err *err);

/* Deletes `name` of an open folder (missing is fine); 0 or -errno. */
int remove_at(int parent, const char *name, uint64_t *count);

/* Deletes `path` (a host path; missing is fine). *count grows by what was deleted. */
int remove_tree(const char *path, uint64_t *count, struct err *err);
