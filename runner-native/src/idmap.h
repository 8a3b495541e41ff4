/* The id maps of a user namespace: words, and writing them from outside of it.
 * Threat: newuidmap is setuid root and found by PATH, so it is run by the outer runner, before
 * anything of the step exists, with the runner's own environment. Needs no privilege itself. */
#pragma once

#include "words.h"

struct idmap_line {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

struct idmap {
	struct idmap_line *uids;
	size_t uid_count;
	struct idmap_line *gids;
	size_t gid_count;
};

static inline bool idmap_used(const struct idmap *map)
{
	return map->uid_count > 0 || map->gid_count > 0;
}

int idmap_take_uid(struct idmap *map, char **args, struct err *err);
int idmap_take_gid(struct idmap *map, char **args, struct err *err);
void idmap_free(struct idmap *map);

/* Writes the maps of process `pid`, which has just entered a new user namespace. */
int idmap_write(const struct idmap *map, pid_t pid, struct err *err);
