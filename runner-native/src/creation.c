/* Implementation of creation.h. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void creation_close(struct creation *creation)
{
	cleanup_close_fn(&creation->folder);
}

int creation_in(struct supervisor *supervisor, const struct notice *notice,
		struct creation *creation)
{
	struct stat st;
	struct ownership owner;
	const struct creds *creds = &supervisor->creds;
	creation->cred = creds_of(creds, notice->tid);
	const struct cred *cred = &creation->cred;
	if (fstat(creation->folder, &st) < 0)
		return 1;
	(void)ownership_of_path(notice_fd_path(creation->folder).text, true, &st, &owner);
	if (ownership_is_kept(&owner, &st) &&
	    !creds_permit(creds, cred, st.st_mode, owner.uid, owner.gid, W_OK | X_OK))
		return -EACCES;
	creation->owner = (struct ownership){
		.uid = cred->fsuid,
		.gid = (st.st_mode & S_ISGID) != 0 ? owner.gid : cred->fsgid,
	};
	return 0;
}

/* Splits the last name off; false where there is none that can be made. */
static bool split(char *path, struct creation *creation)
{
	char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t length = strlen(name);
	if (length == 0 || length > NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	memcpy(creation->name, name, length + 1);
	/* Of "/name" the slash stays: it is the root. */
	path[slash == NULL ? 0 : slash == path ? 1 : slash - path] = '\0';
	return true;
}

void creation_strip_slashes(char *path)
{
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
}

bool creation_find(const struct notice *notice, int dirfd, const char *path,
		   struct creation *creation)
{
	char folder[PATH_MAX];
	struct located place cleanup_located = { .held = -1 };
	memcpy(folder, path, strlen(path) + 1);
	if (!split(folder, creation) || notice_locate(notice, dirfd, folder, true, &place) < 0)
		return false;
	creation->folder = notice_open(notice, &place, O_DIRECTORY);
	return creation->folder >= 0;
}

int creation_begin(struct supervisor *supervisor, const struct notice *notice, int dirfd,
		   const char *path, struct creation *creation)
{
	struct stat st;
	if (!creation_find(notice, dirfd, path, creation))
		return 1;
	int rc = creation_in(supervisor, notice, creation);
	/* That the name is taken counts more than that it may not be made. */
	return rc == -EACCES && fstatat(creation->folder, creation->name, &st,
					AT_SYMLINK_NOFOLLOW) == 0
		       ? 1
		       : rc;
}

mode_t creation_mode(const struct notice *notice, mode_t mode)
{
	char text[512];
	snprintf(text, sizeof(text), "%d/status", (int)notice->tid);
	cleanup_close int fd = open(text, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length < 0)
		return mode;
	text[length] = '\0';
	const char *at = strstr(text, "\nUmask:");
	return at == NULL ? mode : mode & (mode_t)~strtoul(at + 7, NULL, 8);
}

int creation_record(const struct creation *creation)
{
	struct stat st;
	cleanup_close int fd =
		openat(creation->folder, creation->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (ownership_in_xattr(st.st_mode))
		return ownership_record_path(notice_fd_path(fd).text, &creation->owner);
	return ownership_record_time(fd, "", AT_EMPTY_PATH, st.st_mtim, &creation->owner);
}
