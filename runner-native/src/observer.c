/* Implementation of observer.h. */
#include "observer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "asked.h"
#include "sys.h"
#include "walk.h"

void observer_fail(struct observer *observer, const char *reason)
{
	if (observer->reason == NULL)
		observer->reason = reason;
}

void observer_note(struct observer *observer, const char *path, size_t length, unsigned uses)
{
	const struct mounted_at *mount = mounted_find(&observer->mounted, path, length);
	if (mount == NULL)
		lookups_add(&observer->lookups, path, length, uses);
	else if (mount->is_kept && (uses & LOOK_CHANGES) != 0)
		observer->wrote = mount->path;
}

/* Who asks, and from where it sees the file system. */
struct asker {
	const struct notice *notice;
	int root;	  /* O_PATH of its root, where that is not the step's; -1 */
	int from;	  /* dirfd of the path */
	const char *path; /* as it was asked */
};

static void note_folder(void *context, const char *folder, size_t length)
{
	observer_note(context, folder, length, LOOK_EXISTS | LOOK_FOLLOWED);
}

/* The text is the place: no link was crossed that the client will not find itself. */
static void note_text(struct observer *observer, const struct asked *asked, unsigned uses)
{
	static char text[sizeof(asked->text)];
	if (!asked->has_up)
		return observer_note(observer, asked->text, asked->length, uses);
	const size_t length = asked_resolve(asked, text, note_folder, observer);
	observer_note(observer, text, length, uses);
}

static int open_start(const struct asker *asker)
{
	char text[32];
	const int tid = (int)asker->notice->tid;
	if (asker->from == AT_FDCWD)
		snprintf(text, sizeof(text), "%d/cwd", tid);
	else
		snprintf(text, sizeof(text), "%d/fd/%d", tid, asker->from);
	return open(text, O_PATH | O_CLOEXEC);
}

/* Walks the path; whether what was found is so for everybody. */
static bool walk(struct observer *observer, const struct asked *asked, const struct asker *asker,
		 unsigned uses)
{
	cleanup_close int start = -1;
	struct walk walk = { .observer = observer, .root = observer->root };
	if (asker == NULL) {
		walk.from = observer->root;
		walk_path(&walk, asked->text, uses);
		return false;
	}
	if (asker->root >= 0)
		walk.root = asker->root;
	walk.tid = asker->notice->tid;
	walk.from = walk.root;
	if (*asker->path != '/')
		walk.from = start = open_start(asker);
	if (walk.from >= 0)
		walk_path(&walk, asker->path, uses);
	return !walk.passed && asker->root < 0;
}

/* Whether a part of the path, below /proc or /dev, means the caller's own. */
static bool is_of_caller(const struct mounted_at *mount, const struct asked *asked)
{
	static const char *const jumps[] = { "cwd", "root", "exe", "fd", "map_files", "ns" };
	static const char *const devices[] = { "fd", "stdin", "stdout", "stderr" };
	const bool is_proc = mount->kind == MOUNTED_PROC;
	const char *const *names = is_proc ? jumps : devices;
	const size_t count = is_proc ? lengthof(jumps) : lengthof(devices);
	if (!is_proc && mount->kind != MOUNTED_DEVICES)
		return false;
	const char *at = asked->text + mount->length;
	while (*at == '/') {
		const size_t length = strcspn(++at, "/");
		for (size_t i = 0; i < count; i++)
			if (strlen(names[i]) == length && memcmp(names[i], at, length) == 0)
				return true;
		at += length;
	}
	return false;
}

/* Opens the text from the root, as no more than a name; closed at once. 0 or -errno. */
static int try(const struct observer *observer, const struct asked *asked, unsigned uses,
	       uint64_t resolve)
{
	const unsigned flags =
		O_PATH | O_CLOEXEC | ((uses & LOOK_FOLLOWED) != 0 ? 0u : (unsigned)O_NOFOLLOW);
	const int fd = sys_openat2(observer->root, asked->length == 0 ? "." : asked->text, flags, 0,
				   resolve);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A text that leads onto a mount, where nothing is noted: only whether links lead back matters.
 * Whether what was found is so for everybody, until a link is made. */
static bool settle_on_mount(struct observer *observer, const struct mounted_at *mount,
			    const struct asked *asked, const struct asker *asker, unsigned uses)
{
	if (is_of_caller(mount, asked))
		return walk(observer, asked, asker, uses);
	if (mount->kind == MOUNTED_PROC)
		return false;
	if ((observer_has_links(observer) || mount->kind == MOUNTED_FOREIGN) &&
	    try(observer, asked, uses, RESOLVE_NO_SYMLINKS) == -ELOOP)
		return walk(observer, asked, asker, uses);
	observer_note(observer, asked->text, asked->length, uses);
	return true;
}

/* Finds out where a path ends and notes it. Whether that holds for everybody, until a link is made.
 */
static bool settle(struct observer *observer, const struct asked *asked, const struct asker *asker,
		   unsigned uses)
{
	const struct mounted_at *mount =
		asked->has_up ? NULL : mounted_find(&observer->mounted, asked->text, asked->length);
	if (mount != NULL)
		return settle_on_mount(observer, mount, asked, asker, uses);
	const bool is_strict = observer_has_links(observer) || asked->has_up ||
			       (asker != NULL && asker->root >= 0);
	const int rc =
		try(observer, asked, uses, RESOLVE_NO_XDEV | (is_strict ? RESOLVE_NO_SYMLINKS : 0));
	if (rc == -EXDEV || (rc == -ELOOP && is_strict) || (rc < 0 && asked->has_up))
		return walk(observer, asked, asker, uses);
	note_text(observer, asked, uses);
	return true;
}

static void add_doubt(struct observer *observer, uint32_t index)
{
	struct lookup *lookup = &observer->lookups.all[index];
	if (lookup->waits)
		return;
	if (observer->doubt_count == lengthof(observer->doubts))
		return observer_fail(observer, "too much was looked up while a link was made");
	lookup->waits = true;
	observer->doubts[observer->doubt_count++] = index;
}

/* Looks up again what was looked up while a link was being made. */
static void resolve_doubts(struct observer *observer)
{
	static struct asked asked;
	for (size_t i = 0; i < observer->doubt_count; i++) {
		const struct lookup lookup = observer->lookups.all[observer->doubts[i]];
		asked.length = lookup.length;
		asked.has_up = true; /* to be on the safe side: the text is not told apart */
		memcpy(asked.text, lookups_text(&observer->lookups, &lookup), lookup.length);
		asked.text[lookup.length] = '\0';
		(void)settle(observer, &asked, NULL, lookup.asked);
	}
	if (observer->flight_count > 0)
		return;
	for (size_t i = 0; i < observer->doubt_count; i++)
		observer->lookups.all[observer->doubts[i]].waits = false;
	observer->doubt_count = 0;
}

void observer_notice(struct observer *observer, const struct notice *notice)
{
	size_t left = 0;
	const size_t before = observer->flight_count;
	observer->calls++;
	for (size_t i = 0; i < before; i++) {
		char text[16];
		const pid_t tid = observer->flights[i];
		snprintf(text, sizeof(text), "%d", (int)tid);
		/* A thread that asks for something else, or is gone, has done what it asked for. */
		if (tid != notice->tid && access(text, F_OK) == 0)
			observer->flights[left++] = tid;
	}
	observer->flight_count = left;
	if (left == before)
		return;
	observer->generation++;
	resolve_doubts(observer);
}

void observer_link_moves(struct observer *observer, const struct notice *notice)
{
	const size_t recent = observer->recent_count < lengthof(observer->recent)
				      ? observer->recent_count
				      : lengthof(observer->recent);
	observer->generation++;
	if (observer->flight_count == lengthof(observer->flights))
		return observer_fail(observer, "too many links were made at once");
	observer->flights[observer->flight_count++] = notice->tid;
	/* The kernel may not yet have performed what was asked just before. */
	for (size_t i = 0; i < recent; i++)
		add_doubt(observer, observer->recent[i]);
}

static bool is_known(const struct observer *observer, const struct lookup *lookup, unsigned uses)
{
	return lookup->generation == observer->generation && (lookup->asked & uses) == uses;
}

static void remember(struct observer *observer, const struct asked *asked, unsigned uses)
{
	struct lookup *lookup = lookups_at(&observer->lookups, asked->text, asked->length);
	if (lookup == NULL)
		return observer_fail(observer, "it looked up too many paths");
	const uint32_t index = (uint32_t)(lookup - observer->lookups.all);
	if (!lookup->waits && lookup->generation != observer->generation)
		lookup->asked = 0;
	lookup->asked |= (uint8_t)uses;
	lookup->generation = observer->flight_count == 0 ? observer->generation : 0;
	observer->recent[observer->recent_count++ % lengthof(observer->recent)] = index;
	if (observer->flight_count > 0)
		add_doubt(observer, index);
}

static void look(struct observer *observer, const struct asked *asked, const struct asker *asker,
		 unsigned uses)
{
	if (asked->is_folder)
		uses |= LOOK_FOLLOWED;
	/* What one with another root asks for is not what the same text is to others. */
	const bool is_shared = asker->root < 0;
	const struct lookup *lookup = lookups_find(&observer->lookups, asked->text, asked->length);
	if (lookup != NULL && is_shared && is_known(observer, lookup, uses))
		return;
	if (settle(observer, asked, asker, uses) && is_shared)
		remember(observer, asked, uses);
	if (observer->lookups.full)
		observer_fail(observer, "it looked up too many paths");
}

/* The true place of what a link of /proc leads to, relative to the root; false where it has none
 * that can be told from its text. */
static bool read_place(const char *link, char place[PATH_MAX], size_t *length)
{
	static const char deleted[] = " (deleted)";
	const size_t mark = sizeof(deleted) - 1;
	const ssize_t got = readlink(link, place, PATH_MAX - 1);
	if (got <= 0 || place[0] != '/' ||
	    ((size_t)got > mark && memcmp(place + got - mark, deleted, mark) == 0))
		return false;
	place[got] = '\0';
	*length = (size_t)got;
	return true;
}

/* The caller's root, where it is not the step's. */
static int other_root(const struct notice *notice)
{
	char link[32], place[PATH_MAX];
	size_t length;
	if (!notice->changed_roots)
		return -1;
	snprintf(link, sizeof(link), "%d/root", (int)notice->tid);
	if (read_place(link, place, &length) && length == 1)
		return -1;
	return open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void observer_look(struct observer *observer, const struct notice *notice, int dirfd,
		   const char *path, unsigned uses)
{
	static struct asked asked;
	char link[32], base[PATH_MAX] = "/";
	size_t length = 1;
	if (*path == '\0' || !observer_is_on(observer))
		return;
	cleanup_close int root = other_root(notice);
	const struct asker asker = { notice, root, dirfd, path };
	if (root >= 0) {
		(void)walk(observer, NULL, &asker, uses);
		return;
	}
	if (*path != '/') {
		if (dirfd == AT_FDCWD)
			snprintf(link, sizeof(link), "%d/cwd", (int)notice->tid);
		else
			snprintf(link, sizeof(link), "%d/fd/%d", (int)notice->tid, dirfd);
		if (!read_place(link, base, &length)) {
			(void)walk(observer, NULL, &asker, uses);
			return;
		}
	}
	if (asked_join(&asked, base + 1, length - 1, path))
		look(observer, &asked, &asker, uses);
}

void observer_look_inside(struct observer *observer, const struct notice *notice, int root,
			  const char *path, unsigned uses)
{
	struct walk walk = { .observer = observer, .tid = notice->tid, .root = root, .from = root };
	walk_path(&walk, path, uses);
}

void observer_look_at_open(struct observer *observer, const struct notice *notice, int fd,
			   unsigned uses)
{
	char link[32], place[PATH_MAX];
	size_t length;
	snprintf(link, sizeof(link), "%d/fd/%d", (int)notice->tid, fd);
	if (observer_is_on(observer) && fd >= 0 && read_place(link, place, &length))
		observer_note(observer, place + 1, length - 1, uses);
}

static bool has_proc(void)
{
	struct statfs fs;
	return statfs("/proc", &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* What the runner itself looks up in the image, and what of its mounts outlives the step. */
static void note_own(struct observer *observer, const struct plan *plan)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group" };
	const struct notice nobody = { .tid = getpid() };
	for (size_t i = 0; i < lengthof(files); i++)
		observer_look(observer, &nobody, AT_FDCWD, files[i], LOOK_CONTENT | LOOK_FOLLOWED);
	observer_look(observer, &nobody, AT_FDCWD, plan->cwd, LOOK_EXISTS | LOOK_FOLLOWED);
	for (size_t i = 0; i < plan->op_count; i++) {
		const struct op *op = &plan->ops[i];
		char place[PATH_MAX];
		size_t length;
		observer_look(observer, &nobody, AT_FDCWD, op->target, LOOK_EXISTS | LOOK_FOLLOWED);
		if (op->kind != OP_BIND || op->read_only || op->is_socket)
			continue;
		cleanup_close int fd = open(op->target, O_PATH | O_CLOEXEC);
		if (fd < 0 || !read_place(fd_path(fd).text, place, &length))
			continue;
		struct mounted_at *mount = mounted_find(&observer->mounted, place + 1, length - 1);
		if (mount != NULL)
			mount->is_kept = true;
	}
}

void observer_begin(struct observer *observer, const struct plan *plan)
{
	observer->generation = 1;
	observer->counts_network = plan->host_network;
	observer->root = -1;
	if (plan->no_seccomp)
		return observer_fail(observer, "the step runs without the system call filter");
	if (!has_proc())
		return observer_fail(observer, "the step has no /proc");
	observer->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (observer->root < 0 || mounted_read(&observer->mounted) < 0)
		return observer_fail(observer, "the mounts of the step cannot be listed");
	note_own(observer, plan);
}
