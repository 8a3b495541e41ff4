/* Implementation of lookups.h: open addressing over an array of entries. */
#include "lookups.h"

#include <string.h>

#define MAX_PATHS ((size_t)500000)
#define MAX_TEXT  ((size_t)32 << 20)

/* FNV-1a: names are short, and a step that makes them collide slows down itself only. */
uint32_t lookups_hash(uint32_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

/* Grows an array to hold `needed` elements; false without memory. */
static bool grow(void *array_at, size_t *room, size_t needed, size_t size)
{
	void *old;
	if (needed <= *room)
		return true;
	size_t wanted = *room == 0 ? 256 : *room * 2;
	while (wanted < needed)
		wanted *= 2;
	memcpy(&old, array_at, sizeof(old));
	void *array = reallocarray(old, wanted, size);
	if (array == NULL)
		return false;
	memcpy(array_at, &array, sizeof(array));
	*room = wanted;
	return true;
}

static void place(struct lookups *lookups, uint32_t index)
{
	size_t slot = lookups->all[index].hash & (lookups->slot_count - 1);
	while (lookups->slots[slot] != 0)
		slot = (slot + 1) & (lookups->slot_count - 1);
	lookups->slots[slot] = index + 1;
}

/* At most half of the slots are taken. */
static bool grow_slots(struct lookups *lookups)
{
	if (lookups->count * 2 < lookups->slot_count)
		return true;
	const size_t wanted = lookups->slot_count == 0 ? 512 : lookups->slot_count * 2;
	uint32_t *slots = calloc(wanted, sizeof(*slots));
	if (slots == NULL)
		return false;
	free(lookups->slots);
	lookups->slots = slots;
	lookups->slot_count = wanted;
	for (size_t i = 0; i < lookups->count; i++)
		place(lookups, (uint32_t)i);
	return true;
}

static struct lookup *find(const struct lookups *lookups, uint32_t hash, const char *text,
			   size_t length)
{
	if (lookups->slot_count == 0)
		return NULL;
	size_t slot = hash & (lookups->slot_count - 1);
	for (; lookups->slots[slot] != 0; slot = (slot + 1) & (lookups->slot_count - 1)) {
		struct lookup *lookup = &lookups->all[lookups->slots[slot] - 1];
		if (lookup->hash == hash && lookup->length == length &&
		    memcmp(lookups->arena + lookup->text, text, length) == 0)
			return lookup;
	}
	return NULL;
}

/* Copies bytes into the arena; false when it is full. */
static bool store(struct lookups *lookups, const char *text, size_t length, uint32_t *at)
{
	const size_t used = lookups->used;
	if (used + length > MAX_TEXT || length > UINT16_MAX ||
	    !grow(&lookups->arena, &lookups->arena_room, used + length, 1))
		return false;
	memcpy(lookups->arena + used, text, length);
	lookups->used += length;
	*at = (uint32_t)used;
	return true;
}

struct lookup *lookups_at(struct lookups *lookups, uint32_t hash, const char *text, size_t length)
{
	struct lookup *found = find(lookups, hash, text, length);
	if (found != NULL)
		return found;
	struct lookup new = { .hash = hash, .length = (uint16_t)length };
	if (lookups->count == MAX_PATHS ||
	    !grow(&lookups->all, &lookups->room, lookups->count + 1, sizeof(*lookups->all)) ||
	    !grow_slots(lookups) || !store(lookups, text, length, &new.text))
		return NULL;
	lookups->all[lookups->count] = new;
	place(lookups, (uint32_t)lookups->count);
	return &lookups->all[lookups->count++];
}

bool lookups_set_target(struct lookups *lookups, struct lookup *lookup, const char *target,
			size_t length)
{
	const bool is_known = length > 0 && lookup->target_length == length &&
			      memcmp(lookups_target(lookups, lookup), target, length) == 0;
	if (!is_known && !store(lookups, target, length, &lookup->target))
		return false;
	lookup->target_length = (uint16_t)length;
	return true;
}
