/* Implementation of changes.h: two walks in one order, that of the record and that of the root. */
#include "changes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "copy.h"
#include "dirlist.h"
#include "events.h"
#include "inodes.h"
#include "path.h"
#include "sink.h"

/* One folder on the way from the root to the entry at hand. */
struct level {
	struct level *parent;
	const char *name;
	int dir;
	int upper; /* its copy in the layer; -1 as long as nothing in it has changed */
};

struct comparison {
	struct plan *plan;
	struct stand_ins *stand_ins;
	FILE *record;
	struct seen old; /* the next entry of the record, at the level at hand */
	int has_old;	 /* 0 at the folder's end, else 1 */
	int upper;
	char path[WHOLE_PATH_MAX + 1]; /* of the entry at hand */
	struct inodes inodes;
	uint64_t left_out;
};

/* Too much for a stack, and there is one at a time. */
static struct sink removals;

static int compare_level(struct comparison *c, struct level *level);
static int add_children(struct comparison *c, struct level *level);

static int next_old(struct comparison *c)
{
	c->has_old = record_next(c->record, &c->old);
	return c->has_old < 0 ? c->has_old : 0;
}

/* Over the entry of the record at hand, with everything in it. */
static int pass_old(struct comparison *c)
{
	int rc = S_ISDIR(c->old.mode) ? record_skip(c->record) : 0;
	return rc < 0 ? rc : next_old(c);
}

static void keep_stub(const struct comparison *c, const char *path)
{
	for (size_t i = 0; i < c->plan->stub_count; i++)
		if (strcmp(c->plan->stubs[i].path, path) == 0)
			c->plan->stubs[i].kept = true;
}

/* The folder in the layer, made when something in it has changed; its descriptor or -errno. */
static int upper_of(struct comparison *c, struct level *level)
{
	if (level->upper >= 0)
		return level->upper;
	int parent = upper_of(c, level->parent);
	if (parent < 0)
		return parent;
	if (mkdirat(parent, level->name, 0700) < 0 && errno != EEXIST)
		return -errno;
	level->upper = openat(parent, level->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (level->upper < 0)
		return -errno;
	int rc = copy_folder_metadata(level->dir, level->upper);
	return rc < 0 ? rc : level->upper;
}

static int remove_from_layer(struct comparison *c, enum entry_type type)
{
	static struct entry entry;
	struct err ignored;
	entry = (struct entry){ .type = type };
	memcpy(entry.path, c->path, strlen(c->path) + 1);
	return sink_entry(&removals, &entry, &ignored) < 0 ? -EIO : 0;
}

/* Makes a name of a file with several (in the root, or in a cache) a file of its own: so that, as
 * with overlayfs, what a later step writes to one name is not in the others. */
static int part(const struct comparison *c, int dir, const char *name)
{
	struct stat st;
	const int scratch = c->stand_ins->scratch;
	const struct copy copy = { dir, name, scratch, "parted" };
	int rc = fstat(dir, &st) < 0 ? -errno : copy_file(&copy);
	if (rc < 0)
		return rc;
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	return renameat(scratch, "parted", dir, name) < 0 || futimens(dir, times) < 0 ? -errno : 0;
}

/* Further names of one file are links in the layer. */
static int add_file(struct comparison *c, const struct copy *copy, const struct stat *st)
{
	const char *first = inodes_find(&c->inodes, st->st_dev, st->st_ino);
	int rc = first == NULL					      ? copy_file(copy)
		 : linkat(c->upper, first, copy->to, copy->as, 0) < 0 ? -errno
								      : 0;
	if (rc < 0 || st->st_nlink == 1)
		return rc;
	if (first == NULL &&
	    inodes_find_or_add(&c->inodes, st->st_dev, st->st_ino, c->path) == NULL)
		return -ENOMEM;
	return part(c, copy->from, copy->name);
}

static int add_other(struct comparison *c, const struct copy *copy, const struct stat *st)
{
	int rc = copy_special(copy, st);
	if (rc == -EPERM && (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))) {
		c->left_out++;
		return 0;
	}
	return rc;
}

/* Ends a level: its time in the layer is set when nothing more is made in it. */
static int leave(struct level *level, int rc)
{
	if (level->upper >= 0 && rc == 0)
		rc = copy_time(level->dir, level->upper);
	if (level->upper >= 0)
		close(level->upper);
	close(level->dir);
	return rc;
}

static int enter(struct level *level, struct level *parent, const char *name)
{
	*level = (struct level){ .parent = parent, .name = name, .upper = -1 };
	level->dir = openat(parent->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return level->dir < 0 ? -errno : 0;
}

static int add_folder(struct comparison *c, struct level *parent, const char *name, bool hides)
{
	struct level level;
	int rc = enter(&level, parent, name);
	if (rc < 0)
		return rc;
	rc = upper_of(c, &level);
	if (rc >= 0)
		rc = hides ? remove_from_layer(c, ENTRY_OPAQUE) : 0;
	if (rc == 0)
		rc = add_children(c, &level);
	return leave(&level, rc);
}

/* An entry that is new where it is. `hides`: there was another one of its name. */
static int add(struct comparison *c, struct level *level, const char *name, bool hides)
{
	struct stat st;
	if (fstatat(level->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (stand_ins_reclaim(c->stand_ins, level->dir, name, &st))
		return 0;
	keep_stub(c, c->path);
	if (S_ISDIR(st.st_mode))
		return add_folder(c, level, name, hides);
	const struct copy copy = { level->dir, name, upper_of(c, level), name };
	if (copy.to < 0)
		return copy.to;
	return S_ISREG(st.st_mode) ? add_file(c, &copy, &st) : add_other(c, &copy, &st);
}

/* Appends a name to the path at hand; the length to cut it to again, or -ENAMETOOLONG. */
static ssize_t descend(struct comparison *c, const char *name)
{
	size_t length = strlen(c->path);
	size_t room = sizeof(c->path) - length;
	int added = snprintf(c->path + length, room, "%s%s", length == 0 ? "" : "/", name);
	return (size_t)added >= room ? -ENAMETOOLONG : (ssize_t)length;
}

static int add_children(struct comparison *c, struct level *level)
{
	struct dirlist list;
	int rc = dirlist_read(level->dir, &list);
	for (size_t i = 0; i < list.count && rc == 0; i++) {
		ssize_t length = descend(c, list.names[i]);
		rc = length < 0 ? (int)length : add(c, level, list.names[i], false);
		if (length >= 0)
			c->path[length] = '\0';
	}
	dirlist_free(&list);
	return rc;
}

static bool is_same_inode(const struct seen *a, const struct seen *b)
{
	return a->device == b->device && a->inode == b->inode && a->born == b->born &&
	       (a->mode & S_IFMT) == (b->mode & S_IFMT);
}

static bool is_unchanged(const struct seen *a, const struct seen *b)
{
	return is_same_inode(a, b) && a->changed == b->changed && a->modified == b->modified &&
	       a->size == b->size && a->mode == b->mode;
}

/* A folder that is the one that it was; the record is at its first entry afterwards read over. */
static int compare_folder(struct comparison *c, struct level *parent, const char *name,
			  bool unchanged)
{
	struct level level;
	int rc = enter(&level, parent, name);
	if (rc < 0)
		return rc;
	if (!unchanged) {
		keep_stub(c, c->path);
		rc = upper_of(c, &level);
	}
	if (rc >= 0)
		rc = next_old(c);
	if (rc >= 0)
		rc = compare_level(c, &level);
	rc = leave(&level, rc);
	return rc < 0 ? rc : next_old(c);
}

/* An entry whose name the record has too. */
static int compare_entry(struct comparison *c, struct level *level, const char *name)
{
	struct seen now;
	int rc = record_look(level->dir, name, &now);
	if (rc < 0)
		return rc;
	if (S_ISDIR(now.mode) && is_same_inode(&c->old, &now))
		return compare_folder(c, level, name, is_unchanged(&c->old, &now));
	if (!is_unchanged(&c->old, &now))
		rc = add(c, level, name, true);
	return rc < 0 ? rc : pass_old(c);
}

static int compare_removed(struct comparison *c, struct level *level)
{
	ssize_t length = descend(c, c->old.name);
	if (length < 0)
		return (int)length;
	int rc = upper_of(c, level);
	if (rc >= 0)
		rc = remove_from_layer(c, ENTRY_WHITEOUT);
	c->path[length] = '\0';
	return rc < 0 ? rc : pass_old(c);
}

static int compare_name(struct comparison *c, struct level *level, const char *name)
{
	int rc = 0;
	while (rc == 0 && c->has_old == 1 && strcmp(c->old.name, name) < 0)
		rc = compare_removed(c, level);
	ssize_t length = rc < 0 ? rc : descend(c, name);
	if (length < 0)
		return (int)length;
	if (omitted_has(&c->stand_ins->paths, c->path))
		rc = 0;
	else if (c->has_old == 1 && strcmp(c->old.name, name) == 0)
		rc = compare_entry(c, level, name);
	else
		rc = add(c, level, name, false);
	c->path[length] = '\0';
	return rc;
}

/* The record is at the folder's first entry, and at its end afterwards. */
static int compare_level(struct comparison *c, struct level *level)
{
	struct dirlist list;
	int rc = dirlist_read(level->dir, &list);
	for (size_t i = 0; i < list.count && rc == 0; i++)
		rc = compare_name(c, level, list.names[i]);
	while (rc == 0 && c->has_old == 1)
		rc = compare_removed(c, level);
	dirlist_free(&list);
	return rc;
}

static int compare(struct comparison *c)
{
	struct err ignored;
	struct level top = { .upper = -1 };
	top.dir = open(c->plan->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	top.upper = c->upper =
		open(c->plan->upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top.dir < 0 || top.upper < 0)
		return -errno;
	int rc = copy_folder_metadata(top.dir, top.upper);
	if (rc == 0)
		rc = next_old(c);
	if (rc == 0)
		rc = compare_level(c, &top);
	/* Its time is that of the layer, as with overlayfs. */
	close(top.dir);
	close(top.upper);
	if (rc == 0 && sink_end(&removals, &ignored) < 0)
		rc = -EIO;
	return rc;
}

int changes_write(struct plan *plan, const char *record, const char *removals_path,
		  struct stand_ins *stand_ins, struct err *err)
{
	static struct comparison c;
	cleanup_close int out = open(removals_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	c.record = fopen(record, "re");
	if (out < 0 || c.record == NULL)
		return fail(err, "E_SANDBOX", errno, "cannot open the record of the step's root");
	c.plan = plan;
	c.stand_ins = stand_ins;
	removals.fd = out;
	int rc = compare(&c);
	(void)fclose(c.record);
	inodes_free(&c.inodes);
	if (c.left_out > 0)
		event_note("devices", "%llu device nodes that the step changed were left out",
			   (unsigned long long)c.left_out);
	return rc < 0 ? fail(err, "E_IO", -rc, "cannot read the step's changes at /%s", c.path) : 0;
}
