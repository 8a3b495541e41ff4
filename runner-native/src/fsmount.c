/* Implementation of fsmount.h. */
#include "fsmount.h"

#include <errno.h>

#include "sys.h"

int fs_new(const char *type, const struct fs_option *options, size_t count, unsigned attributes)
{
	cleanup_close int context = sys_fsopen(type);
	if (context < 0)
		return -errno;
	for (size_t i = 0; i < count; i++) {
		unsigned command =
			options[i].value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
		if (sys_fsconfig(context, command, options[i].key, options[i].value) < 0)
			return -errno;
	}
	if (sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return -errno;
	int mount = sys_fsmount(context, attributes);
	return mount < 0 ? -errno : mount;
}

int fs_clone(int fd)
{
	/* Recursive always: a user namespace may not take a mount away from over its folder. */
	int clone = sys_open_tree(fd, "", OPEN_TREE_CLONE | SYS_AT_RECURSIVE | SYS_AT_EMPTY_PATH);
	return clone < 0 ? -errno : clone;
}

int fs_restrict(int mount, unsigned attributes)
{
	struct mount_attr change = { .attr_set = attributes };
	return sys_mount_setattr(mount, SYS_AT_RECURSIVE, &change) < 0 ? -errno : 0;
}

int fs_attach(int mount, int target)
{
	return sys_move_mount(mount, target) < 0 ? -errno : 0;
}
