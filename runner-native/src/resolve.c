/* Implementation of resolve.h. */
#include "resolve.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "looked.h"

#define MAX_LINKS 40 /* the kernel's own limit */
#define TEXT_ROOM LOOKUPS_LONGEST

/* Where a walk stands. */
struct stand {
	struct observer *observer;
	struct view *view;
	char path[1 + TEXT_ROOM]; /* a slash and the place */
	size_t length;		  /* of the place */
	uint32_t hash;		  /* of the place */
	char rest[TEXT_ROOM];	  /* what is left of the path */
	unsigned links;
	unsigned uses;
};

static void cut(struct stand *stand, size_t length)
{
	stand->length = length;
	stand->path[1 + length] = '\0';
	stand->hash = lookups_hash(LOOKUPS_HASH_START, stand->path + 1, length);
}

/* Deeper than any path can name: by way of links, or of a folder that is open. */
static bool is_too_long(const struct stand *stand)
{
	observer_fail(stand->observer, "a path of the step is too long to be followed");
	return false;
}

static bool go_to(struct stand *stand, const char *place, size_t length)
{
	if (length >= PATH_MAX)
		return is_too_long(stand);
	memcpy(stand->path + 1, place, length);
	cut(stand, length);
	return true;
}

static bool append(struct stand *stand, const char *name, size_t length)
{
	const size_t slash = stand->length > 0;
	char *end = stand->path + 1 + stand->length;
	if (stand->length + slash + length >= TEXT_ROOM)
		return is_too_long(stand);
	*end = '/';
	memcpy(end + slash, name, length);
	end[slash + length] = '\0';
	stand->hash = lookups_hash(stand->hash, end, slash + length);
	stand->length += slash + length;
	return true;
}

static void go_up(struct stand *stand)
{
	size_t length = stand->length;
	while (length > 0 && stand->path[length] != '/')
		length--;
	cut(stand, length > 0 ? length - 1 : 0);
}

/* Whether the call that `tid` was shown to make by notice `serial` has surely ended: the thread
 * has made another one since, or was forgotten, or is elsewhere. */
static bool has_ended(struct observer *observer, pid_t tid, uint32_t serial)
{
	const struct thread *thread = threads_find(&observer->threads, tid);
	return thread == NULL || thread->serial > serial || threads_has_ended(thread);
}

/* Whether somebody may be changing the name at this moment. */
static bool is_changing(struct observer *observer, struct lookup *lookup)
{
	if (lookup->changer == 0)
		return false;
	if (!has_ended(observer, (pid_t)lookup->changer, lookup->changed))
		return true;
	lookup->changer = 0;
	return false;
}

static bool is_moving(struct observer *observer)
{
	size_t left = 0;
	for (size_t i = 0; i < observer->mover_count; i++) {
		const struct mover mover = observer->movers[i];
		if (!has_ended(observer, mover.tid, mover.serial))
			observer->movers[left++] = mover;
	}
	observer->mover_count = left;
	return left > 0;
}

/* Sends the set and empties it. Who is changing a name may do so until its call has ended, though
 * nobody knows any more which. */
static void make_room(struct observer *observer)
{
	const struct lookups *lookups = &observer->lookups;
	for (size_t i = 0; i < lookups->count; i++) {
		const struct lookup *lookup = &lookups->all[i];
		if (lookup->changer != 0 &&
		    !has_ended(observer, (pid_t)lookup->changer, lookup->changed))
			observer_moves(observer, (pid_t)lookup->changer, lookup->changed);
	}
	looked_send(observer);
	lookups_clear(&observer->lookups);
}

static struct lookup *entry_of(const struct stand *stand)
{
	struct lookups *lookups = &stand->observer->lookups;
	const char *place = stand->path + 1;
	struct lookup *lookup = lookups_at(lookups, stand->hash, place, stand->length);
	if (lookup != NULL)
		return lookup;
	make_room(stand->observer);
	lookup = lookups_at(lookups, stand->hash, place, stand->length);
	if (lookup == NULL)
		(void)is_too_long(stand);
	return lookup;
}

static void note(const struct stand *stand, unsigned uses)
{
	struct observer *observer = stand->observer;
	const bool changes = (uses & LOOK_CHANGES) != 0;
	const struct mounted_at *mount =
		mounted_find(&observer->mounted, stand->path + 1, stand->length);
	if (mount != NULL && !changes)
		return;
	struct lookup *lookup = entry_of(stand);
	if (lookup == NULL)
		return;
	if (mount == NULL)
		lookup->uses |= (uint8_t)(uses & LOOK_SENT);
	if (changes) {
		observer_changes(observer, stand->view->tid);
		lookup->kind = KIND_UNKNOWN;
		lookup->changer = (uint32_t)stand->view->tid;
		lookup->changed = observer->serial;
	}
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

/* The target of a link of /proc that shows who reads it: of the caller, not of us. Its length, 0
 * where it is none of these. */
static size_t target_of_self(const struct stand *stand, char target[PATH_MAX])
{
	const pid_t tid = stand->view->tid;
	const bool is_thread = strcmp(stand->path, "/proc/thread-self") == 0;
	if (!is_thread && strcmp(stand->path, "/proc/self") != 0)
		return 0;
	if (tid == 0)
		observer_fail(stand->observer, "a link into /proc was made while it was looked up");
	stand->observer->selves++;
	const int group = (int)group_of(tid);
	return (size_t)(is_thread ? snprintf(target, PATH_MAX, "%d/task/%d", group, (int)tid)
				  : snprintf(target, PATH_MAX, "%d", group));
}

static bool is_in_proc(const struct stand *stand)
{
	return stand->observer->has_proc && strncmp(stand->path, "/proc/", 6) == 0;
}

/* Asks the kernel what is at the place. */
static enum kind read_kind(const struct stand *stand, char target[PATH_MAX], size_t *length)
{
	const ssize_t got = readlink(stand->path, target, PATH_MAX - 1);
	*length = got < 0 ? 0 : (size_t)got;
	if (got >= 0)
		return KIND_LINK;
	return errno == EINVAL ? KIND_PLAIN : KIND_MISSING;
}

/* What is at the place where the walk stands, and its target where it is a link. */
static enum kind find_kind(struct stand *stand, char target[PATH_MAX], size_t *length)
{
	struct observer *observer = stand->observer;
	if (is_in_proc(stand)) {
		*length = target_of_self(stand, target);
		return *length > 0 ? KIND_LINK : read_kind(stand, target, length);
	}
	struct lookup *lookup = entry_of(stand);
	if (lookup == NULL)
		return KIND_MISSING;
	const bool is_stable = !is_changing(observer, lookup) && !is_moving(observer);
	if (is_stable && lookup->kind != KIND_UNKNOWN) {
		*length = lookup->target_length;
		if (lookup->kind == KIND_LINK)
			memcpy(target, lookups_target(&observer->lookups, lookup), *length);
		return (enum kind)lookup->kind;
	}
	const enum kind kind = read_kind(stand, target, length);
	stand->view->is_doubtful = stand->view->is_doubtful || !is_stable;
	lookup->kind = KIND_UNKNOWN;
	if (is_stable &&
	    (kind != KIND_LINK || lookups_set_target(&observer->lookups, lookup, target, *length)))
		lookup->kind = (uint8_t)kind;
	return kind;
}

/* Puts the target of the link where the walk stands before the rest; false where the walk ends. */
static bool follow(struct stand *stand, const char *target, size_t length)
{
	const size_t left = strlen(stand->rest);
	const struct view *view = stand->view;
	if (stand->links++ == MAX_LINKS || length == 0)
		return false;
	/* Links of a process are jumps, whose text tells the true place, if there is one. */
	if (is_in_proc(stand) && isdigit((unsigned char)stand->path[6]))
		return target[0] == '/' && go_to(stand, target + 1, length - 1);
	if (length + 1 + left >= sizeof(stand->rest))
		return is_too_long(stand);
	memmove(stand->rest + length + 1, stand->rest, left + 1);
	memcpy(stand->rest, target, length);
	stand->rest[length] = left == 0 ? '\0' : '/';
	if (target[0] == '/')
		return go_to(stand, view->root, view->root_length);
	go_up(stand);
	return true;
}

static bool is_at_root(const struct stand *stand)
{
	return stand->length == stand->view->root_length &&
	       memcmp(stand->path + 1, stand->view->root, stand->length) == 0;
}

/* Takes the next name off the rest; its length, 0 where there is none. */
static size_t next_name(struct stand *stand, char name[TEXT_ROOM], bool *is_last)
{
	const char *at = stand->rest + strspn(stand->rest, "/");
	const size_t length = strcspn(at, "/");
	const char *after = at + length;
	memcpy(name, at, length);
	name[length] = '\0';
	*is_last = after[strspn(after, "/")] == '\0';
	/* A slash at the end asks for a folder, and so for what a link leads to. */
	if (*is_last && *after == '/')
		stand->uses |= LOOK_FOLLOWED;
	memmove(stand->rest, after, strlen(after) + 1);
	return length;
}

/* A name is missing: so is everything below it, up to a "..", which is not gone to. */
static void note_missing(struct stand *stand, bool is_last)
{
	static char name[TEXT_ROOM];
	size_t length;
	while (!is_last && (length = next_name(stand, name, &is_last)) > 0) {
		if (strcmp(name, "..") == 0)
			return note(stand, LOOK_EXISTS);
		if (strcmp(name, ".") != 0 && !append(stand, name, length))
			return;
	}
	note(stand, stand->uses);
}

/* Goes one name on; false where the walk ends. */
static bool go_on(struct stand *stand, const char *name, size_t length, bool is_last)
{
	char target[PATH_MAX];
	size_t target_length;
	if (strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		note(stand, LOOK_EXISTS);
		if (!is_at_root(stand))
			go_up(stand);
		return true;
	}
	if (!append(stand, name, length))
		return false;
	if (is_last && (stand->uses & LOOK_FOLLOWED) == 0)
		return true;
	const enum kind kind = find_kind(stand, target, &target_length);
	if (kind == KIND_PLAIN)
		return true;
	if (kind == KIND_LINK) {
		note(stand, LOOK_LINK);
		return follow(stand, target, target_length);
	}
	note_missing(stand, is_last);
	return false;
}

void resolve(struct observer *observer, struct view *view, const char *path, unsigned uses)
{
	static struct stand stand;
	static char name[TEXT_ROOM];
	size_t length;
	bool is_last;
	stand.observer = observer;
	stand.view = view;
	stand.links = 0;
	stand.uses = uses;
	stand.path[0] = '/';
	view->is_doubtful = false;
	if (strlen(path) >= PATH_MAX || !go_to(&stand, view->place, view->length))
		return;
	memcpy(stand.rest, path, strlen(path) + 1);
	while ((length = next_name(&stand, name, &is_last)) > 0)
		if (!go_on(&stand, name, length, is_last))
			return;
	note(&stand, stand.uses);
}
