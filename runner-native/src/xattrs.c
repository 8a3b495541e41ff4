/* Implementation of xattrs.h. */
#include "xattrs.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool xattr_is_overlay(const char *name)
{
	return starts_with(name, "user.overlay.") || starts_with(name, "trusted.overlay.");
}

bool xattr_is_record(const char *name)
{
	return starts_with(name, "user.slipway.");
}

bool xattr_is_opaque(int dir)
{
	char value = '\0';
	return (fgetxattr(dir, "user.overlay.opaque", &value, 1) == 1 && value == 'y') ||
	       (fgetxattr(dir, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y');
}

/* SELinux labels and the trusted ones are of the machine, not of the image. */
static bool belongs_to_image(const char *name)
{
	if (xattr_is_overlay(name) || xattr_is_record(name) ||
	    strcmp(name, "security.selinux") == 0)
		return false;
	return starts_with(name, "user.") || starts_with(name, "security.") ||
	       starts_with(name, "system.posix_acl_");
}

static int by_name(const void *left, const void *right)
{
	const struct xattr *a = left;
	const struct xattr *b = right;
	return strcmp(a->name, b->name);
}

int xattrs_read(int fd, struct entry *entry, unsigned char *arena)
{
	static char names[65536]; /* the kernel's own limit for a list */
	size_t used = 0;
	entry->xattr_count = 0;
	ssize_t length = flistxattr(fd, names, sizeof(names));
	if (length <= 0)
		return length == 0 || errno == EOPNOTSUPP ? 0 : -errno;
	for (const char *name = names; name < names + length; name += strlen(name) + 1) {
		if (!belongs_to_image(name))
			continue;
		if (entry->xattr_count == ENTRY_XATTRS || used + ENTRY_XATTR_MAX > ENTRY_HEADER_MAX)
			return -E2BIG;
		ssize_t size = fgetxattr(fd, name, arena + used, ENTRY_XATTR_MAX);
		if (size < 0 && errno == ENODATA)
			continue;
		if (size < 0)
			return -errno;
		struct xattr *xattr = &entry->xattrs[entry->xattr_count++];
		memcpy(xattr->name, name, strnlen(name, sizeof(xattr->name) - 1) + 1);
		xattr->value = arena + used;
		xattr->length = (uint32_t)size;
		used += (size_t)size;
	}
	/* In one order, whatever order the file system lists them in. */
	qsort(entry->xattrs, entry->xattr_count, sizeof(struct xattr), by_name);
	return 0;
}
