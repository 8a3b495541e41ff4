/* Implementation of walk.h. */
#include "walk.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_LINKS  40 /* the kernel's own limit */
#define STEP_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define TEXT_ROOM  (2 * PATH_MAX)
#define DELETED	   " (deleted)"
#define NO_PLACE   ((size_t)-1)

/* Where a walk stands. */
struct stand {
	struct walk *walk;
	int at;		       /* O_PATH */
	char place[TEXT_ROOM]; /* true place of `at`, relative to the step's root */
	size_t length;	       /* of `place`; NO_PLACE where it has none */
	char rest[TEXT_ROOM];  /* what is left of the path */
	unsigned links;
	unsigned uses;
};

/* Asks the kernel for the place of `at`. */
static void locate(struct stand *stand)
{
	struct stat st;
	const ssize_t got = readlink(fd_path(stand->at).text, stand->place, PATH_MAX);
	const size_t mark = strlen(DELETED);
	stand->length = NO_PLACE;
	if (got <= 0 || stand->place[0] != '/')
		return;
	const size_t length = (size_t)got;
	stand->place[length] = '\0';
	if (length > mark && strcmp(stand->place + length - mark, DELETED) == 0 &&
	    (fstat(stand->at, &st) < 0 || st.st_nlink == 0))
		return;
	stand->length = length - 1;
	memmove(stand->place, stand->place + 1, length);
}

static void note(struct stand *stand, unsigned uses)
{
	if (stand->length != NO_PLACE)
		observer_note(stand->walk->observer, stand->place, stand->length, uses);
}

static void stand_at(struct stand *stand, int fd)
{
	cleanup_close_fn(&stand->at);
	stand->at = fd;
}

/* Appends a name to the place, returning its former length. */
static size_t append(struct stand *stand, const char *name)
{
	const size_t before = stand->length;
	if (before == NO_PLACE)
		return before;
	const size_t length = strlen(name);
	if (before + length + 2 > sizeof(stand->place)) {
		stand->length = NO_PLACE;
		return before;
	}
	if (before > 0)
		stand->place[stand->length++] = '/';
	memcpy(stand->place + stand->length, name, length + 1);
	stand->length += length;
	return before;
}

static void take_back(struct stand *stand, size_t before)
{
	stand->length = before;
	if (before != NO_PLACE)
		stand->place[before] = '\0';
}

static bool is_same(int a, int b)
{
	struct stat left, right;
	return fstat(a, &left) == 0 && fstat(b, &right) == 0 && left.st_dev == right.st_dev &&
	       left.st_ino == right.st_ino;
}

/* False when the walk is at its end. */
static bool go_up(struct stand *stand)
{
	if (is_same(stand->at, stand->walk->root))
		return true;
	const int fd = openat(stand->at, "..", STEP_FLAGS | O_DIRECTORY);
	if (fd < 0) {
		note(stand, LOOK_EXISTS);
		return false;
	}
	stand_at(stand, fd);
	locate(stand);
	return true;
}

static pid_t group_of(pid_t tid)
{
	char text[1024];
	snprintf(text, sizeof(text), "%d/status", (int)tid);
	cleanup_close int fd = open(text, O_RDONLY | O_CLOEXEC);
	const ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length < 0)
		return tid;
	text[length] = '\0';
	const char *at = strstr(text, "\nTgid:");
	return at == NULL ? tid : (pid_t)strtol(at + 6, NULL, 10);
}

/* Links of /proc show the one who reads them: put the caller in our place. */
static bool name_of_self(struct stand *stand, const char *name, char *target, size_t room)
{
	const struct walk *walk = stand->walk;
	const bool is_thread = strcmp(name, "thread-self") == 0;
	if (stand->length != 4 || memcmp(stand->place, "proc", 4) != 0 ||
	    (!is_thread && strcmp(name, "self") != 0))
		return false;
	if (walk->tid == 0)
		observer_fail(walk->observer, "a link into /proc was made while it was looked up");
	const int group = (int)group_of(walk->tid);
	if (is_thread)
		snprintf(target, room, "%d/task/%d", group, (int)walk->tid);
	else
		snprintf(target, room, "%d", group);
	stand->walk->passed = true;
	return true;
}

/* Whether links in this folder are jumps of the kernel, whose text is only a name for them. */
static bool has_jumps(const struct stand *stand)
{
	return stand->length != NO_PLACE && stand->length > 5 &&
	       memcmp(stand->place, "proc/", 5) == 0 && isdigit((unsigned char)stand->place[5]);
}

static bool jump(struct stand *stand, const char *name)
{
	stand->walk->passed = true;
	const int fd = openat(stand->at, name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	stand_at(stand, fd);
	locate(stand);
	return true;
}

/* Puts the target of a link before the rest. */
static bool follow(struct stand *stand, const char *target, size_t length)
{
	const size_t left = strlen(stand->rest);
	if (stand->links++ == MAX_LINKS)
		return false;
	if (length + 1 + left + 1 > sizeof(stand->rest)) {
		observer_fail(stand->walk->observer,
			      "a path of the step is too long to be followed");
		return false;
	}
	memmove(stand->rest + length + 1, stand->rest, left + 1);
	memcpy(stand->rest, target, length);
	stand->rest[length] = left == 0 ? '\0' : '/';
	if (left == 0)
		stand->rest[length] = '\0';
	if (target[0] == '/') {
		stand_at(stand, fcntl(stand->walk->root, F_DUPFD_CLOEXEC, 0));
		locate(stand);
	}
	return true;
}

/* Takes the next name off the rest; false where there is none. */
static bool next_name(struct stand *stand, char name[NAME_MAX + 2], bool *is_last)
{
	const char *at = stand->rest + strspn(stand->rest, "/");
	const size_t length = strcspn(at, "/");
	const char *after = at + length;
	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(name, at, length);
	name[length] = '\0';
	*is_last = after[strspn(after, "/")] == '\0';
	/* A slash at the end asks for a folder, and so for what a link leads to. */
	if (*is_last && *after == '/')
		stand->uses |= LOOK_FOLLOWED;
	memmove(stand->rest, after, strlen(after) + 1);
	return true;
}

/* One name that is neither "." nor ".."; false when the walk is at its end. */
static bool go_down(struct stand *stand, const char *name, bool is_last)
{
	char target[PATH_MAX];
	const bool jumps = has_jumps(stand);
	int fd = openat(stand->at, name, STEP_FLAGS);
	ssize_t length = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);
	if (length < 0 || (is_last && (stand->uses & LOOK_FOLLOWED) == 0)) {
		(void)append(stand, name);
		if (fd < 0 || length >= 0)
			note(stand, is_last ? stand->uses : LOOK_EXISTS);
		if (fd < 0)
			return false;
		stand_at(stand, fd);
		return length < 0;
	}
	close(fd);
	target[length] = '\0';
	if (jumps)
		return jump(stand, name);
	if (name_of_self(stand, name, target, sizeof(target)))
		return follow(stand, target, strlen(target));
	const size_t before = append(stand, name);
	note(stand, LOOK_LINK);
	take_back(stand, before);
	return follow(stand, target, (size_t)length);
}

void walk_path(struct walk *walk, const char *path, unsigned uses)
{
	static struct stand stand;
	char name[NAME_MAX + 2];
	bool is_last;
	stand.walk = walk;
	stand.at = fcntl(walk->from, F_DUPFD_CLOEXEC, 0);
	stand.links = 0;
	stand.uses = uses;
	walk->passed = false;
	if (stand.at < 0 || strlen(path) >= PATH_MAX)
		return;
	memcpy(stand.rest, path, strlen(path) + 1);
	locate(&stand);
	bool goes_on = true;
	while (goes_on && next_name(&stand, name, &is_last)) {
		if (strcmp(name, "..") == 0)
			goes_on = go_up(&stand);
		else if (strcmp(name, ".") != 0)
			goes_on = go_down(&stand, name, is_last);
	}
	if (goes_on)
		note(&stand, stand.uses);
	stand_at(&stand, -1);
}
