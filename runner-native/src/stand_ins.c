/* Implementation of stand_ins.h. */
#include "stand_ins.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "dev.h"
#include "events.h"
#include "hex.h"
#include "kernel_copies.h"
#include "path.h"
#include "socket.h"
#include "stubs.h"

/* A place in the root: an open folder, a name in it, and the path that these come to. */
struct spot {
	int parent;
	struct timespec times[2]; /* of the folder, as it is to be again */
	ino_t folder;		  /* its inode */
	const char *name;	  /* the end of `path` */
	char path[WHOLE_PATH_MAX + 1];
};

static int fail_target(const char *target, int number, struct err *err)
{
	return fail(err, "E_MOUNT_TARGET", number, "cannot put anything on %s of the image",
		    target);
}

/* The path below the root of an open file of it; 0 or -errno. */
static int path_of(int root, int fd, char path[WHOLE_PATH_MAX + 1])
{
	char start[PATH_MAX], full[PATH_MAX];
	ssize_t before = readlink(fd_path(root).text, start, sizeof(start) - 1);
	ssize_t length = readlink(fd_path(fd).text, full, sizeof(full) - 1);
	if (before < 0 || length < 0)
		return -errno;
	if (length <= before || memcmp(start, full, (size_t)before) != 0 || full[before] != '/')
		return -EXDEV;
	memcpy(path, full + before + 1, (size_t)(length - before - 1));
	path[length - before - 1] = '\0';
	return 0;
}

static int open_parent(int root, struct spot *spot)
{
	struct stat st;
	char folder[WHOLE_PATH_MAX + 1];
	const char *slash = strrchr(spot->path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - spot->path);
	memcpy(folder, spot->path, length);
	folder[length] = '\0';
	spot->name = slash == NULL ? spot->path : slash + 1;
	spot->parent =
		path_open_beneath(root, length == 0 ? "." : folder, O_RDONLY | O_DIRECTORY, 0);
	if (spot->parent < 0)
		return spot->parent;
	if (fstat(spot->parent, &st) < 0)
		return -errno;
	spot->times[0] = st.st_atim;
	spot->times[1] = st.st_mtim;
	spot->folder = st.st_ino;
	return 0;
}

/* What was done to the names in the folder leaves no trace in its times. */
static void close_spot(struct spot *spot)
{
	if (spot->parent < 0)
		return;
	(void)futimens(spot->parent, spot->times);
	close(spot->parent);
}

#define cleanup_spot __attribute__((cleanup(close_spot)))

/* Where `target` of the image leads, through links of the image; its last part may be missing. */
static int find_spot(int root, const char *target, struct spot *spot)
{
	char folder[WHOLE_PATH_MAX + 1];
	spot->parent = -1;
	cleanup_close int there = path_open_in_root(root, target, O_PATH, 0);
	if (there >= 0) {
		int rc = path_of(root, there, spot->path);
		return rc < 0 ? rc : open_parent(root, spot);
	}
	const char *slash = strrchr(target, '/');
	if (there != -ENOENT || slash == NULL || slash[1] == '\0' ||
	    strlen(target) > WHOLE_PATH_MAX)
		return there;
	snprintf(folder, sizeof(folder), "%.*s", slash == target ? 1 : (int)(slash - target),
		 target);
	cleanup_close int parent = path_open_in_root(root, folder, O_PATH | O_DIRECTORY, 0);
	int rc = parent < 0 ? parent : slash == target ? 0 : path_of(root, parent, spot->path);
	if (rc < 0)
		return rc;
	size_t length = slash == target ? 0 : strlen(spot->path);
	size_t room = sizeof(spot->path) - length;
	if ((size_t)snprintf(spot->path + length, room, "%s%s", length == 0 ? "" : "/",
			     slash + 1) >= room)
		return -ENAMETOOLONG;
	return open_parent(root, spot);
}

static void number_name(char name[40], const char *what, size_t number)
{
	snprintf(name, 40, "%s-%zu", what, number);
}

/* Moves `source` (an absolute path, or a name in scratch) to `target`. */
static int put(struct stand_ins *all, const char *source, bool goes_back, const char *target,
	       struct err *err)
{
	struct stat st, there;
	char hidden[40];
	cleanup_spot struct spot spot;
	int rc = find_spot(all->root, target, &spot);
	if (rc < 0)
		return fail_target(target, -rc, err);
	if (fstatat(all->scratch, source, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open %s, which is to be put on %s",
			    source, target);
	bool hides = fstatat(spot.parent, spot.name, &there, AT_SYMLINK_NOFOLLOW) == 0;
	if (hides && S_ISDIR(st.st_mode) != S_ISDIR(there.st_mode))
		return fail(err, "E_MOUNT_TARGET", ENOTDIR,
			    "cannot mount on %s (a folder goes on a folder, a file on a file)",
			    target);
	number_name(hidden, "hidden", all->count);
	if (hides && renameat(spot.parent, spot.name, all->scratch, hidden) < 0)
		return fail_target(target, errno, err);
	if (renameat(all->scratch, source, spot.parent, spot.name) < 0) {
		rc = fail_target(target, errno, err);
		if (hides)
			(void)renameat(all->scratch, hidden, spot.parent, spot.name);
		return rc;
	}
	struct stand_in *slot = array_push(&all->list, &all->count, sizeof(*slot));
	char **path = array_push(&all->paths.paths, &all->paths.count, sizeof(*path));
	if (slot == NULL || path == NULL || (*path = strdup(spot.path)) == NULL)
		return fail(err, "E_SANDBOX", ENOMEM, "cannot remember what stands on %s", target);
	*slot = (struct stand_in){ goes_back ? source : NULL, st.st_dev, st.st_ino, spot.folder,
				   hides };
	return 0;
}

/* A new folder in scratch, open; named by the number of the stand-in that it becomes. */
static int new_folder(const struct stand_ins *all, char name[40], mode_t mode, struct err *err)
{
	number_name(name, "folder", all->count);
	cleanup_close int fd = -1;
	if (mkdirat(all->scratch, name, 0700) == 0)
		fd = openat(all->scratch, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a folder for the step");
	return steal_fd(&fd);
}

static int put_data(struct stand_ins *all, const struct op *op, struct err *err)
{
	char name[40];
	number_name(name, "data", all->count);
	cleanup_close int file = openat(all->scratch, name,
					O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = file < 0 ? -errno : hex_write(file, op->hex);
	if (rc == 0 && (fchown(file, op->uid, op->gid) < 0 || fchmod(file, op->mode) < 0))
		rc = -errno;
	return rc < 0 ? fail(err, "E_SANDBOX", -rc, "cannot make the content of %s", op->target)
		      : put(all, name, false, op->target, err);
}

/* What the kernel would show there. */
static int fill(const struct stand_ins *all, int folder, const struct op *op, struct err *err)
{
	if (op->kind == OP_DEV)
		return dev_make(folder, err);
	int rc = op->kind == OP_PROC  ? kernel_copies_proc(folder)
		 : op->kind == OP_SYS ? kernel_copies_sys(folder, all->plan->host_network)
				      : 0;
	return rc < 0 ? fail(err, "E_SANDBOX", -rc, "cannot fill %s of the step", op->target) : 0;
}

static int put_folder(struct stand_ins *all, const struct op *op, struct err *err)
{
	char name[40];
	if (op->size != 0)
		return fail(err, "E_ISOLATION", 0,
			    "a tmpfs of a given size on %s needs a mount, which this rung has not",
			    op->target);
	cleanup_close int folder =
		new_folder(all, name, op->kind == OP_TMPFS ? op->mode : 0755, err);
	int rc = folder < 0 ? folder : 0;
	if (rc == 0)
		rc = fill(all, folder, op, err);
	return rc < 0 ? rc : put(all, name, false, op->target, err);
}

static int put_bound(struct stand_ins *all, struct op *op, struct err *err)
{
	if (op->read_only || op->subpath != NULL)
		return fail(err, "E_ISOLATION", 0,
			    "what is put on %s cannot be kept from being written to", op->target);
	if (!op->is_socket)
		return put(all, op->source, true, op->target, err);
	op->pinned = path_pin(op->source);
	if (op->pinned < 0)
		return fail(err, "E_SANDBOX", -op->pinned, "cannot open %s", op->source);
	int rc = socket_give(op, false, err);
	close(steal_fd(&op->pinned));
	return rc < 0 ? rc : put(all, op->source, false, op->target, err);
}

static int perform(struct stand_ins *all, struct op *op, struct err *err)
{
	switch (op->kind) {
	case OP_PROC:
	case OP_SYS:
	case OP_DEV:
	case OP_TMPFS:
		return put_folder(all, op, err);
	case OP_BIND:
		return put_bound(all, op, err);
	case OP_DATA:
		return put_data(all, op, err);
	case OP_SYS_RW:
	case OP_LAYERS:
	case OP_MASK:
	case OP_READONLY:
	default:
		return fail(err, "E_RUNNER_WORDS", 0,
			    "this operation on %s needs a mount, which rung \"chroot\" has not",
			    op->target);
	}
}

/* Parents come before children, so each one's parent is there. */
static int make_stub(struct stand_ins *all, const struct stub *stub, struct err *err)
{
	cleanup_spot struct spot spot = { .parent = -1 };
	if (*stub->path == '\0' || !path_is_clean(stub->path))
		return fail(err, "E_RUNNER_WORDS", 0, "\"%s\" is no path for a stub", stub->path);
	memcpy(spot.path, stub->path, strlen(stub->path) + 1);
	int rc = open_parent(all->root, &spot);
	if (rc == 0)
		rc = stubs_make_in(spot.parent, spot.name, stub);
	return rc < 0 ? fail(err, "E_SANDBOX", -rc, "cannot make the mount point /%s", stub->path)
		      : 0;
}

int stand_ins_open(struct stand_ins *all)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	all->root = open(all->plan->root, flags);
	all->scratch = open(all->plan->scratch, flags);
	return all->root < 0 || all->scratch < 0 ? -errno : 0;
}

/* Not kept: while the step runs, no descriptor of ours is open. */
static void close_folders(struct stand_ins *all)
{
	cleanup_close int root __attribute__((unused)) = steal_fd(&all->root);
	cleanup_close int scratch __attribute__((unused)) = steal_fd(&all->scratch);
}

int stand_ins_put(struct stand_ins *all, struct plan *plan, struct err *err)
{
	all->plan = plan;
	int rc = stand_ins_open(all) < 0
			 ? fail(err, "E_SANDBOX", errno, "cannot open the folders of the step")
			 : 0;
	for (; rc == 0 && all->stubs < plan->stub_count; all->stubs++)
		rc = make_stub(all, &plan->stubs[all->stubs], err);
	for (size_t i = 0; i < plan->op_count && rc == 0; i++)
		rc = perform(all, &plan->ops[i], err);
	close_folders(all);
	return rc;
}

/* Gives a stand-in back, or away. */
static void take_away(const struct stand_ins *all, size_t number, int dir, const char *name,
		      const struct stat *st)
{
	const struct stand_in *at = &all->list[number];
	char aside[40];
	bool is_own = st->st_dev == at->device && st->st_ino == at->inode;
	if (is_own && at->source != NULL && renameat(dir, name, AT_FDCWD, at->source) == 0)
		return;
	if (!S_ISDIR(st->st_mode) && unlinkat(dir, name, 0) == 0)
		return;
	number_name(aside, "aside", number);
	(void)renameat(dir, name, all->scratch, aside);
}

bool stand_ins_reclaim(const struct stand_ins *all, int dir, const char *name,
		       const struct stat *st)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].device == st->st_dev && all->list[i].inode == st->st_ino) {
			take_away(all, i, dir, name, st);
			return true;
		}
	return false;
}

static void take(const struct stand_ins *all, size_t number)
{
	const struct stand_in *at = &all->list[number];
	cleanup_spot struct spot spot = { .parent = -1 };
	struct stat st;
	char hidden[40];
	memcpy(spot.path, all->paths.paths[number], strlen(all->paths.paths[number]) + 1);
	/* Where the step has removed the folder, or put another in its place, what was hidden in it
	 * is removed too. */
	if (open_parent(all->root, &spot) < 0 || spot.folder != at->folder)
		return;
	if (fstatat(spot.parent, spot.name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		take_away(all, number, spot.parent, spot.name, &st);
	number_name(hidden, "hidden", number);
	if (at->hides)
		(void)renameat(all->scratch, hidden, spot.parent, spot.name);
}

static void remove_stub(const struct stand_ins *all, const struct stub *stub)
{
	cleanup_spot struct spot spot = { .parent = -1 };
	memcpy(spot.path, stub->path, strlen(stub->path) + 1);
	/* A folder that is not empty is one that the step has put something into. */
	if (!stub->kept && open_parent(all->root, &spot) == 0)
		(void)unlinkat(spot.parent, spot.name, stub->is_dir ? AT_REMOVEDIR : 0);
}

void stand_ins_take(struct stand_ins *all)
{
	while (all->count > 0)
		take(all, --all->count);
	while (all->stubs > 0)
		remove_stub(all, &all->plan->stubs[--all->stubs]);
	close_folders(all);
	for (size_t i = 0; i < all->paths.count; i++)
		free(all->paths.paths[i]);
	free(all->paths.paths);
	free(all->list);
}
