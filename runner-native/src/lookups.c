/* Implementation of lookups.h: open addressing over an array of entries. */
#include "lookups.h"

#include <string.h>

/* FNV-1a: names are short, and a step that makes them collide slows down itself only. */
uint32_t lookups_hash(uint32_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

/* Whether the entry is that of the place `text`: name by name from the end, up to the root. */
static bool is_of(const struct lookups *lookups, const struct lookup *lookup, const char *text,
		  size_t length)
{
	while (lookup->length > 0) {
		const struct lookup *parent = &lookups->all[lookup->parent];
		if (lookup->length > length)
			return false;
		length -= lookup->length;
		if (memcmp(text + length, lookups->arena + lookup->name, lookup->length) != 0)
			return false;
		if (length == 0)
			return parent->length == 0;
		if (text[--length] != '/')
			return false;
		lookup = parent;
	}
	return false;
}

static struct lookup *find(struct lookups *lookups, uint32_t hash, const char *text, size_t length)
{
	if (length == 0)
		return lookups->count == 0 ? NULL : &lookups->all[0];
	size_t slot = hash % LOOKUPS_SLOTS;
	for (; lookups->slots[slot] != 0; slot = (slot + 1) % LOOKUPS_SLOTS) {
		struct lookup *lookup = &lookups->all[lookups->slots[slot] - 1];
		if (lookup->hash == hash && is_of(lookups, lookup, text, length))
			return lookup;
	}
	return NULL;
}

/* There is room, and at most half of the slots are taken. */
static struct lookup *add(struct lookups *lookups, uint32_t hash, const struct lookup *parent,
			  const char *name, size_t length)
{
	const size_t index = lookups->count++;
	size_t slot = hash % LOOKUPS_SLOTS;
	while (lookups->slots[slot] != 0)
		slot = (slot + 1) % LOOKUPS_SLOTS;
	lookups->slots[slot] = (uint16_t)(index + 1);
	memcpy(lookups->arena + lookups->used, name, length);
	lookups->all[index] = (struct lookup){
		.hash = hash,
		.name = (uint32_t)lookups->used,
		.parent = (uint16_t)(parent - lookups->all),
		.length = (uint16_t)length,
	};
	lookups->used += length;
	return &lookups->all[index];
}

struct lookup *lookups_at(struct lookups *lookups, uint32_t hash, const char *text, size_t length)
{
	struct lookup *lookup = find(lookups, hash, text, length);
	if (lookup != NULL)
		return lookup;
	/* Every other byte may be a slash, and the root is an entry too. */
	if (length > LOOKUPS_LONGEST || lookups->count + length / 2 + 2 > LOOKUPS_ROOM ||
	    lookups->used + length > LOOKUPS_ARENA)
		return NULL;
	uint32_t part = LOOKUPS_HASH_START;
	if (lookups->count == 0)
		(void)add(lookups, part, lookups->all, text, 0);
	lookup = lookups->all;
	for (size_t start = 0, hashed = 0, end; start < length; start = end + 1) {
		const char *slash = memchr(text + start, '/', length - start);
		end = slash == NULL ? length : (size_t)(slash - text);
		part = lookups_hash(part, text + hashed, end - hashed);
		hashed = end;
		struct lookup *next = find(lookups, part, text, end);
		lookup =
			next != NULL ? next : add(lookups, part, lookup, text + start, end - start);
	}
	return lookup;
}

bool lookups_set_target(struct lookups *lookups, struct lookup *lookup, const char *target,
			size_t length)
{
	char *to = lookups->arena + lookups->used;
	if (length > 0 && lookup->target_length == length &&
	    memcmp(lookups_target(lookups, lookup), target, length) == 0)
		return true;
	if (lookups->used + lookup->length + length > LOOKUPS_ARENA)
		return false;
	memcpy(to, lookups->arena + lookup->name, lookup->length);
	memcpy(to + lookup->length, target, length);
	lookup->name = (uint32_t)lookups->used;
	lookup->target_length = (uint16_t)length;
	lookups->used += lookup->length + length;
	return true;
}

size_t lookups_place(const struct lookups *lookups, const struct lookup *lookup,
		     char place[LOOKUPS_LONGEST])
{
	size_t length = 0;
	for (const struct lookup *at = lookup; at->length > 0; at = &lookups->all[at->parent])
		length += at->length + (length > 0);
	char *end = place + length;
	for (const struct lookup *at = lookup; at->length > 0; at = &lookups->all[at->parent]) {
		if (at != lookup)
			*--end = '/';
		end -= at->length;
		memcpy(end, lookups->arena + at->name, at->length);
	}
	return length;
}

void lookups_forget_kinds(struct lookups *lookups)
{
	for (size_t i = 0; i < lookups->count; i++)
		lookups->all[i].kind = KIND_UNKNOWN;
}

void lookups_clear(struct lookups *lookups)
{
	memset(lookups->slots, 0, sizeof(lookups->slots));
	lookups->count = lookups->used = 0;
}
