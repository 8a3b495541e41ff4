/* Implementation of borrow.h. */
#include "borrow.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>

#define MOST_GROUPS 256
#define DIGITS	    "0123456789"

/* The text after the start of the line `name` of a status; NULL where there is none. */
static const char *line_of(const char *status, const char *name)
{
	const char *at = strstr(status, name);
	return at == NULL ? NULL : at + strlen(name);
}

/* The numbers up to the end of the line; how many. */
static size_t read_numbers(const char *at, gid_t *numbers, size_t room)
{
	size_t count = 0;
	for (; count < room; at += strspn(at, DIGITS)) {
		at += strspn(at, " \t");
		if (strspn(at, DIGITS) == 0)
			break;
		numbers[count++] = (gid_t)strtoul(at, NULL, 10);
	}
	return count;
}

int borrow_begin(pid_t tid)
{
	enum { FILE_SYSTEM = 3, IDS };
	char name[32], status[4096] = "";
	gid_t uids[IDS], gids[IDS], groups[MOST_GROUPS];
	snprintf(name, sizeof(name), "%d/status", (int)tid);
	cleanup_close int file = open(name, O_RDONLY | O_CLOEXEC);
	const ssize_t length = file < 0 ? -1 : read(file, status, sizeof(status) - 1);
	if (length <= 0)
		return -ESRCH;
	status[length] = '\0';
	/* A name cannot forge a line: the kernel writes its line ends as \n. */
	const char *uid = line_of(status, "\nUid:"), *gid = line_of(status, "\nGid:"),
		   *more = line_of(status, "\nGroups:");
	if (uid == NULL || gid == NULL || more == NULL || read_numbers(uid, uids, IDS) != IDS ||
	    read_numbers(gid, gids, IDS) != IDS)
		return -EINVAL;
	if (setgroups(read_numbers(more, groups, lengthof(groups)), groups) < 0)
		return -errno;
	(void)setfsgid(gids[FILE_SYSTEM]);
	(void)setfsuid(uids[FILE_SYSTEM]);
	/* What they return says nothing; this does. */
	if (setfsuid((uid_t)-1) == (int)uids[FILE_SYSTEM] &&
	    setfsgid((gid_t)-1) == (int)gids[FILE_SYSTEM])
		return 0;
	borrow_end();
	return -EPERM;
}

void borrow_end(void)
{
	(void)setfsuid(0);
	(void)setfsgid(0);
	(void)setgroups(0, NULL);
}
