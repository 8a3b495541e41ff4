/* Implementation of lookups.h: open addressing over an array of entries. */
#include "lookups.h"

#include <string.h>

#define MAX_PATHS ((size_t)500000)
#define MAX_TEXT  ((size_t)32 << 20)

/* FNV-1a: the names are short, and a step that makes them collide slows down itself only. */
static uint32_t hash_of(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;
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

const struct lookup *lookups_find(const struct lookups *lookups, const char *text, size_t length)
{
	return find(lookups, hash_of(text, length), text, length);
}

struct lookup *lookups_at(struct lookups *lookups, const char *text, size_t length)
{
	const uint32_t hash = hash_of(text, length);
	struct lookup *found = find(lookups, hash, text, length);
	if (found != NULL)
		return found;
	if (lookups->count == MAX_PATHS || lookups->used + length > MAX_TEXT ||
	    length > UINT16_MAX ||
	    !grow(&lookups->all, &lookups->room, lookups->count + 1, sizeof(*lookups->all)) ||
	    !grow(&lookups->arena, &lookups->arena_room, lookups->used + length, 1) ||
	    !grow_slots(lookups)) {
		lookups->full = true;
		return NULL;
	}
	struct lookup *lookup = &lookups->all[lookups->count];
	*lookup = (struct lookup){ .hash = hash,
				   .text = (uint32_t)lookups->used,
				   .length = (uint16_t)length };
	memcpy(lookups->arena + lookups->used, text, length);
	lookups->used += length;
	place(lookups, (uint32_t)lookups->count++);
	return lookup;
}

void lookups_add(struct lookups *lookups, const char *text, size_t length, unsigned uses)
{
	struct lookup *lookup = lookups_at(lookups, text, length);
	if (lookup != NULL)
		lookup->uses |= (uint8_t)(uses & ~(unsigned)LOOK_CHANGES);
}

void lookups_free(struct lookups *lookups)
{
	free(lookups->all);
	free(lookups->slots);
	free(lookups->arena);
	*lookups = (struct lookups){ 0 };
}
