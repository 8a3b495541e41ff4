/* Implementation of inodes.h: a hash table with open addressing. */
#include "inodes.h"

#include <string.h>

static struct inode_slot *slot_of(const struct inodes *inodes, dev_t device, ino_t inode)
{
	uint64_t hash = ((uint64_t)inode + (uint64_t)device * 31) * 0x9e3779b97f4a7c15U;
	for (size_t i = (size_t)(hash >> 32);; i++) {
		struct inode_slot *slot = &inodes->slots[i & (inodes->room - 1)];
		if (slot->path == NULL || (slot->inode == inode && slot->device == device))
			return slot;
	}
}

static bool grow(struct inodes *inodes)
{
	struct inodes bigger = { .room = inodes->room == 0 ? 256 : inodes->room * 2,
				 .count = inodes->count };
	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return false;
	for (size_t i = 0; i < inodes->room; i++)
		if (inodes->slots[i].path != NULL)
			*slot_of(&bigger, inodes->slots[i].device, inodes->slots[i].inode) =
				inodes->slots[i];
	free(inodes->slots);
	*inodes = bigger;
	return true;
}

const char *inodes_find_or_add(struct inodes *inodes, dev_t device, ino_t inode, const char *path)
{
	if (inodes->count * 2 >= inodes->room && !grow(inodes))
		return NULL;
	struct inode_slot *slot = slot_of(inodes, device, inode);
	if (slot->path != NULL)
		return slot->path;
	char *copy = strdup(path);
	if (copy == NULL)
		return NULL;
	*slot = (struct inode_slot){ device, inode, copy };
	inodes->count++;
	return copy;
}

const char *inodes_find(const struct inodes *inodes, dev_t device, ino_t inode)
{
	return inodes->room == 0 ? NULL : slot_of(inodes, device, inode)->path;
}

void inodes_free(struct inodes *inodes)
{
	for (size_t i = 0; i < inodes->room; i++)
		free(inodes->slots[i].path);
	free(inodes->slots);
	*inodes = (struct inodes){ 0 };
}
