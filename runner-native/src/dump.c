/* Implementation of dump.h. */
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "dirlist.h"
#include "events.h"
#include "inodes.h"
#include "ownership.h"
#include "path.h"
#include "sink.h"
#include "store.h"
#include "xattrs.h"

/* Beyond this depth a folder is closed while its children are read, and opened again. */
#define MAX_OPEN    100
#define PATHS_LIMIT ((size_t)1 << 30)

struct dump {
	int root;
	bool single_id;		       /* owners and devices are recorded (ownership.h) */
	char path[WHOLE_PATH_MAX + 1]; /* of the entry at hand */
	struct inodes inodes;
	struct entry entry;
	struct sink sink;
	unsigned char xattr_arena[ENTRY_HEADER_MAX];
};

static int dump_children(struct dump *dump, int dir, int depth, struct err *err);

static void fill(struct dump *dump, enum entry_type type, const struct stat *st)
{
	struct entry *entry = &dump->entry;
	entry->type = type;
	entry->mode = st->st_mode & 07777;
	/* Where owners are recorded, take_owner says whose it is. */
	entry->uid = dump->single_id ? 0 : st->st_uid;
	entry->gid = dump->single_id ? 0 : st->st_gid;
	entry->mtime_sec = st->st_mtim.tv_sec;
	entry->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
	entry->size = type == ENTRY_FILE ? (uint64_t)st->st_size : 0;
	entry->major = entry->minor = 0;
	entry->xattr_count = 0;
	entry->link[0] = '\0';
	memcpy(entry->path, dump->path, strlen(dump->path) + 1);
}

static void take_owner(struct dump *dump, const struct ownership *owner)
{
	dump->entry.uid = owner->uid;
	dump->entry.gid = owner->gid;
}

/* The record of an open file or folder. */
static void fill_owner(struct dump *dump, int fd, const struct stat *st, struct ownership *owner)
{
	*owner = (struct ownership){ 0 };
	if (dump->single_id && ownership_of_fd(fd, st, owner))
		take_owner(dump, owner);
}

static int fail_at(const struct dump *dump, int number, struct err *err)
{
	return fail(err, "E_IO", number, "cannot read /%s", dump->path);
}

static int dump_stand_in(struct dump *dump, const struct ownership *owner, struct err *err)
{
	dump->entry.type = S_ISBLK(owner->node) ? ENTRY_BLOCK : ENTRY_CHAR;
	dump->entry.size = 0;
	dump->entry.major = owner->major;
	dump->entry.minor = owner->minor;
	return sink_entry(&dump->sink, &dump->entry, err);
}

static int dump_file(struct dump *dump, int parent, const char *name, struct err *err)
{
	struct stat st;
	struct ownership owner;
	/* Never blocks: the name could be a FIFO by now. */
	cleanup_close int file =
		openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0 || fstat(file, &st) < 0)
		return fail_at(dump, errno, err);
	if (!S_ISREG(st.st_mode))
		return fail_at(dump, ESTALE, err);
	fill(dump, ENTRY_FILE, &st);
	fill_owner(dump, file, &st, &owner);
	if (owner.node != 0)
		return dump_stand_in(dump, &owner, err);
	if (st.st_nlink > 1) {
		const char *first =
			inodes_find_or_add(&dump->inodes, st.st_dev, st.st_ino, dump->path);
		if (first == NULL)
			return fail_at(dump, ENOMEM, err);
		if (strcmp(first, dump->path) != 0) {
			dump->entry.type = ENTRY_HARDLINK;
			dump->entry.size = 0;
			memcpy(dump->entry.link, first, strlen(first) + 1);
			return sink_entry(&dump->sink, &dump->entry, err);
		}
	}
	int rc = xattrs_read(file, &dump->entry, dump->xattr_arena);
	if (rc < 0)
		return fail_at(dump, -rc, err);
	rc = sink_entry(&dump->sink, &dump->entry, err);
	return rc < 0 ? rc : sink_content(&dump->sink, file, (uint64_t)st.st_size, dump->path, err);
}

/* The folder itself, and that it is opaque. */
static int dump_dir_entry(struct dump *dump, int dir, struct err *err)
{
	struct stat st;
	struct ownership owner;
	if (fstat(dir, &st) < 0)
		return fail_at(dump, errno, err);
	fill(dump, ENTRY_DIR, &st);
	fill_owner(dump, dir, &st, &owner);
	int rc = xattrs_read(dir, &dump->entry, dump->xattr_arena);
	if (rc < 0)
		return fail_at(dump, -rc, err);
	rc = sink_entry(&dump->sink, &dump->entry, err);
	if (rc < 0 || !xattr_is_opaque(dir))
		return rc;
	const struct stat nothing = { 0 };
	fill(dump, ENTRY_OPAQUE, &nothing);
	return sink_entry(&dump->sink, &dump->entry, err);
}

/* Leaves the parent's descriptor in *parent, which may be another one afterwards. */
static int dump_dir(struct dump *dump, int *parent, const char *name, int depth, struct err *err)
{
	int dir = openat(*parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return fail_at(dump, errno, err);
	bool is_deep = depth > MAX_OPEN;
	if (is_deep)
		close(steal_fd(parent));
	int rc = dump_dir_entry(dump, dir, err);
	/* Takes `dir` over. */
	if (rc == 0)
		rc = dump_children(dump, dir, depth, err);
	else
		close(dir);
	if (rc < 0 || !is_deep)
		return rc;
	char *slash = strrchr(dump->path, '/');
	if (slash != NULL)
		*slash = '\0';
	*parent = path_open_beneath(dump->root, dump->path, O_RDONLY | O_DIRECTORY, 0);
	return *parent < 0 ? fail_at(dump, -*parent, err) : 0;
}

static int dump_special(struct dump *dump, int parent, const char *name, const struct stat *st,
			struct err *err)
{
	static const struct stat nothing = { 0 };
	bool is_whiteout = S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
	enum entry_type type = is_whiteout	       ? ENTRY_WHITEOUT
			       : S_ISLNK(st->st_mode)  ? ENTRY_SYMLINK
			       : S_ISCHR(st->st_mode)  ? ENTRY_CHAR
			       : S_ISBLK(st->st_mode)  ? ENTRY_BLOCK
			       : S_ISFIFO(st->st_mode) ? ENTRY_FIFO
						       : ENTRY_SOCKET;
	struct ownership owner;
	fill(dump, type, is_whiteout ? &nothing : st);
	if (dump->single_id && !is_whiteout && ownership_from_time(st->st_atim, &owner))
		take_owner(dump, &owner);
	if (type == ENTRY_CHAR || type == ENTRY_BLOCK) {
		dump->entry.major = major(st->st_rdev);
		dump->entry.minor = minor(st->st_rdev);
	}
	if (type == ENTRY_SYMLINK) {
		ssize_t n = readlinkat(parent, name, dump->entry.link, WHOLE_PATH_MAX);
		if (n <= 0)
			return fail_at(dump, errno, err);
		dump->entry.link[n] = '\0';
	}
	return sink_entry(&dump->sink, &dump->entry, err);
}

static int dump_child(struct dump *dump, int *dir, const char *name, int depth, struct err *err)
{
	struct stat st;
	if (fstatat(*dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_at(dump, errno, err);
	if (S_ISDIR(st.st_mode))
		return dump_dir(dump, dir, name, depth + 1, err);
	if (S_ISREG(st.st_mode))
		return dump_file(dump, *dir, name, err);
	return dump_special(dump, *dir, name, &st, err);
}

static int dump_children(struct dump *dump, int dir_taken, int depth, struct err *err)
{
	struct dirlist list;
	cleanup_close int dir = dir_taken;
	size_t length = strlen(dump->path);
	int rc = dirlist_read(dir, &list);
	if (rc < 0)
		fail_at(dump, -rc, err);
	for (size_t i = 0; i < list.count && rc == 0; i++) {
		const char *name = list.names[i];
		size_t room = sizeof(dump->path) - length;
		int added =
			snprintf(dump->path + length, room, "%s%s", length == 0 ? "" : "/", name);
		rc = (size_t)added >= room ? fail_at(dump, ENAMETOOLONG, err)
					   : dump_child(dump, &dir, name, depth, err);
	}
	dirlist_free(&list);
	dump->path[length] = '\0';
	return rc;
}

/* Content of the files that stdin names. */
static int dump_paths(struct dump *dump, struct err *err)
{
	struct stat st;
	struct ownership owner;
	size_t length;
	cleanup_free char *paths = NULL;
	int rc = read_to_end(STDIN_FILENO, PATHS_LIMIT, &paths, &length);
	if (rc < 0 || (length > 0 && paths[length - 1] != '\0'))
		return fail(err, "E_STREAM", -rc, "the list of paths is cut short");
	for (const char *at = paths; at < paths + length; at += strlen(at) + 1) {
		if (*at == '\0' || !path_is_clean(at))
			return fail(err, "E_PATH", 0, "\"%s\" is not a path inside a layer", at);
		snprintf(dump->path, sizeof(dump->path), "%s", at);
		cleanup_close int file =
			path_open_beneath(dump->root, at, O_RDONLY | O_NONBLOCK, 0);
		if (file < 0 || fstat(file, &st) < 0)
			return fail(err, "E_PATH", file < 0 ? -file : errno, "cannot open /%s", at);
		if (!S_ISREG(st.st_mode))
			return fail(err, "E_PATH", 0, "/%s is not a regular file", at);
		fill(dump, ENTRY_FILE, &st);
		fill_owner(dump, file, &st, &owner);
		rc = sink_entry(&dump->sink, &dump->entry, err);
		if (rc == 0)
			rc = sink_content(&dump->sink, file, (uint64_t)st.st_size, at, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int dump_all(struct dump *dump, struct err *err)
{
	int dir = openat(dump->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail_at(dump, errno, err);
	int rc = dump_dir_entry(dump, dir, err);
	if (rc == 0)
		return dump_children(dump, dir, 0, err);
	close(dir);
	return rc;
}

static void report(const struct sink *sink)
{
	struct json json;
	json_begin(&json, "done");
	json_number(&json, "entries", (int64_t)sink->entries);
	json_number(&json, "bytes", (int64_t)sink->bytes);
	json_number(&json, "stdout_bytes", (int64_t)sink->written);
	(void)json_send(&json, EVENT_FD);
}

static int dump_work(struct store_plan *plan, struct err *err)
{
	static struct dump dump;
	if (plan->all == plan->from_stdin)
		return fail(err, "E_RUNNER_WORDS", 0,
			    "dump needs one of the words \"all\" and \"paths\"");
	cleanup_close int root = store_enter(plan, err);
	if (root < 0)
		return root;
	dump.root = root;
	dump.single_id = plan->single_id;
	dump.path[0] = '\0';
	dump.sink.fd = STDOUT_FILENO;
	dump.sink.entries = dump.sink.bytes = dump.sink.written = 0;
	int rc = plan->all ? dump_all(&dump, err) : dump_paths(&dump, err);
	inodes_free(&dump.inodes);
	if (rc == 0)
		rc = sink_end(&dump.sink, err);
	if (rc == 0)
		report(&dump.sink);
	return rc;
}

int dump_verb(const struct words *words, struct err *err)
{
	struct store_plan plan;
	int rc = store_plan_read(&plan, words, true, err);
	if (rc == 0)
		rc = store_perform(&plan, dump_work, err);
	store_plan_free(&plan);
	return rc;
}
