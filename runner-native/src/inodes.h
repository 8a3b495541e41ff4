/* Which path an inode was first met at: how dump finds hard links. Pure. */
#pragma once

#include "util.h"

struct inode_slot {
	dev_t device;
	ino_t inode;
	char *path; /* NULL: free */
};

struct inodes {
	struct inode_slot *slots;
	size_t room; /* a power of two, or 0 */
	size_t count;
};

/* The path that the inode was added with: `path` itself the first time. NULL without memory. */
const char *inodes_find_or_add(struct inodes *inodes, dev_t device, ino_t inode, const char *path);
/* The path, or NULL for an inode that was not added. */
const char *inodes_find(const struct inodes *inodes, dev_t device, ino_t inode);
void inodes_free(struct inodes *inodes);
