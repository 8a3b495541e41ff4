/* Implementation of mounts.h. */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "dev.h"
#include "fsmount.h"
#include "hex.h"
#include "kernfs.h"
#include "overlay.h"
#include "ownership.h"
#include "path.h"
#include "socket.h"
#include "sys.h"

#define ALWAYS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define HOLLOW (ALWAYS | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC)

/* What operations share. */
struct stage {
	const struct plan *plan;
	int root;   /* the merged one */
	int memory; /* the tmpfs below it (rootfs.h) */
	int null;   /* the null device, -1 until a mask needs it */
	int hollow; /* an empty folder, -1 until a mask needs it */
	size_t views;
	size_t files;
};

int mounts_pin(struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->op_count; i++) {
		struct op *op = &plan->ops[i];
		if (op->kind != OP_BIND)
			continue;
		cleanup_close int source = path_pin(op->source);
		if (source < 0)
			return fail(err, "E_SANDBOX", -source,
				    "cannot open %s, which is to be mounted on %s", op->source,
				    op->target);
		op->pinned = op->subpath == NULL
				     ? steal_fd(&source)
				     : path_open_in_root(source, op->subpath, O_PATH, 0);
		if (op->pinned < 0)
			return fail(err, "E_MOUNT_TARGET", -op->pinned,
				    "cannot open %s, which is to be mounted on %s", op->subpath,
				    op->target);
	}
	return 0;
}

/* Makes the target `path` where its folder is a file system that this step has mounted (a place
 * below /dev, or in a cache): the client's stubs cannot be there. Never in the image's own tree. */
static int make_target(const struct stage *stage, const char *path, bool is_dir)
{
	char folder[WHOLE_PATH_MAX];
	const char *name = strrchr(path, '/');
	struct stat of_root, of_parent;
	if (name == NULL || (size_t)snprintf(folder, sizeof(folder), "%s", path) >= sizeof(folder))
		return -ENOENT;
	folder[name - path] = '\0';
	cleanup_close int parent = path_open_in_root(stage->root, folder, O_PATH | O_DIRECTORY, 0);
	if (parent < 0)
		return parent;
	if (fstat(stage->root, &of_root) < 0 || fstat(parent, &of_parent) < 0)
		return -errno;
	if (of_parent.st_dev == of_root.st_dev)
		return -ENOENT;
	int rc = is_dir ? mkdirat(parent, name + 1, 0755)
			: mknodat(parent, name + 1, S_IFREG | 0644, 0);
	return rc < 0 ? -errno : 0;
}

/* Attaches `mount` to the target `path`, resolved inside the merged root. */
static int attach(const struct stage *stage, int mount, const char *path, struct err *err)
{
	struct stat st;
	cleanup_close int target = path_open_in_root(stage->root, path, O_PATH, 0);
	if (target == -ENOENT && fstat(mount, &st) == 0 &&
	    make_target(stage, path, S_ISDIR(st.st_mode)) == 0)
		target = path_open_in_root(stage->root, path, O_PATH, 0);
	if (target < 0)
		return fail(err, "E_MOUNT_TARGET", -target,
			    "cannot open the mount target %s of the image", path);
	int rc = fs_attach(mount, target);
	return rc < 0 ? fail(err, rc == -EINVAL || rc == -ENOTDIR ? "E_MOUNT_TARGET" : "E_SANDBOX",
			     -rc,
			     "cannot mount on %s (a folder goes on a folder, a file on a file)",
			     path)
		      : 0;
}

/* Binds what `source` has open onto the operation's target. */
static int bind(const struct stage *stage, const struct op *op, int source, struct err *err)
{
	cleanup_close int mount = fs_clone(source);
	int rc = mount < 0 ? mount
			   : fs_restrict(mount, ALWAYS | (op->read_only ? MOUNT_ATTR_RDONLY : 0));
	if (rc < 0)
		return fail_step(err, STEP_MOUNT, -rc, "cannot copy the mount for %s", op->target);
	return attach(stage, mount, op->target, err);
}

static int bind_pinned(const struct stage *stage, const struct op *op, struct err *err)
{
	int rc = op->is_socket ? socket_give(op, stage->plan->single_id, err) : 0;
	return rc < 0 ? rc : bind(stage, op, op->pinned, err);
}

/* Makes scratch/NAME-N, and scratch itself before the first one. */
static int scratch_dir(const struct stage *stage, const char *name, size_t n, char *path,
		       size_t room, struct err *err)
{
	if ((size_t)snprintf(path, room, "%s/%s-%zu", stage->plan->scratch, name, n) >= room)
		return fail(err, "E_SANDBOX", ENAMETOOLONG, "the scratch folder lies too deep");
	int rc = mkdir(path, 0755);
	if (rc < 0 && errno == ENOENT && mkdir(stage->plan->scratch, 0755) == 0)
		rc = mkdir(path, 0755);
	return rc < 0 ? fail(err, "E_SANDBOX", errno, "cannot make %s", path) : 0;
}

/* Layers of another image or stage, stacked aside, of which one folder or file is bound. */
static int bind_layers(struct stage *stage, const struct op *op, struct err *err)
{
	char view[WHOLE_PATH_MAX], empty[WHOLE_PATH_MAX], upper[WHOLE_PATH_MAX],
		work[WHOLE_PATH_MAX];
	char *only_empty[] = { empty };
	size_t n = stage->views++;
	int rc = scratch_dir(stage, "view", n, view, sizeof(view), err);
	if (rc == 0)
		rc = scratch_dir(stage, "none", n, empty, sizeof(empty), err);
	if (rc == 0 && !op->read_only)
		rc = scratch_dir(stage, "upper", n, upper, sizeof(upper), err);
	if (rc == 0 && !op->read_only)
		rc = scratch_dir(stage, "work", n, work, sizeof(work), err);
	if (rc < 0)
		return rc;
	const struct overlay overlay = {
		.lowers = op->layer_count > 0 ? op->layers : only_empty,
		.lower_count = op->layer_count > 0 ? op->layer_count : 1,
		/* Without an upper, overlayfs wants two lowers. */
		.stubs = op->read_only ? empty : NULL,
		.upper = op->read_only ? NULL : upper,
		.work = op->read_only ? NULL : work,
		.is_volatile = !op->read_only,
	};
	cleanup_close int root = overlay_mount(&overlay, view, err);
	if (root < 0)
		return root;
	cleanup_close int source = path_open_in_root(root, op->subpath, O_PATH, 0);
	if (source < 0)
		return fail(err, "E_MOUNT_TARGET", -source,
			    "cannot open %s, which is to be mounted on %s", op->subpath,
			    op->target);
	return bind(stage, op, source, err);
}

/* A new folder of the tmpfs, open; -errno. */
static int memory_folder(const struct stage *stage, const char *name)
{
	if (mkdirat(stage->memory, name, 0755) < 0)
		return -errno;
	int folder = openat(stage->memory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return folder < 0 ? -errno : folder;
}

static int bind_data(struct stage *stage, const struct op *op, struct err *err)
{
	char name[32];
	snprintf(name, sizeof(name), "%zu", stage->files++);
	cleanup_close int file =
		openat(stage->memory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = file < 0 ? -errno : hex_write(file, op->hex);
	if (rc == 0)
		rc = ownership_set(file, stage->plan->single_id, op->uid, op->gid);
	if (rc == 0 && fchmod(file, op->mode) < 0)
		rc = -errno;
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot make the content of %s", op->target);
	cleanup_close int source = openat(stage->memory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return source < 0
		       ? fail(err, "E_SANDBOX", errno, "cannot open the content of %s", op->target)
		       : bind(stage, op, source, err);
}

static int mount_tmpfs(const struct stage *stage, const struct op *op, struct err *err)
{
	char size[24], mode[8];
	const struct fs_option options[] = { { "mode", mode }, { "size", size } };
	snprintf(mode, sizeof(mode), "%04o", (unsigned)op->mode);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)op->size);
	cleanup_close int mount = fs_new("tmpfs", options, op->size == 0 ? 1 : 2, ALWAYS);
	if (mount < 0)
		return fail_step(err, STEP_MOUNT, -mount, "cannot make the tmpfs for %s",
				 op->target);
	return attach(stage, mount, op->target, err);
}

/* What hides a file or a folder: a descriptor that stays open in the stage. */
static int mask_source(struct stage *stage, bool is_dir, struct err *err)
{
	if (is_dir && stage->hollow < 0) {
		stage->hollow = memory_folder(stage, "hollow");
		if (stage->hollow < 0)
			return fail(err, "E_SANDBOX", -stage->hollow,
				    "cannot make an empty folder");
	}
	if (!is_dir && stage->null < 0) {
		stage->null = dev_open_null();
		if (stage->null < 0)
			return fail(err, "E_SANDBOX", -stage->null,
				    "/dev/null of this machine is not the null device");
	}
	return is_dir ? stage->hollow : stage->null;
}

static int cover(struct stage *stage, const struct op *op, struct err *err)
{
	struct stat st;
	cleanup_close int target =
		path_open_in_root(stage->root, op->target, O_PATH, RESOLVE_NO_SYMLINKS);
	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0 || fstat(target, &st) < 0)
		return fail(err, "E_MOUNT_TARGET", target < 0 ? -target : errno, "cannot open %s",
			    op->target);
	bool is_hollow = op->kind == OP_MASK && S_ISDIR(st.st_mode);
	int source = op->kind == OP_READONLY ? target : mask_source(stage, is_hollow, err);
	if (source < 0)
		return source;
	cleanup_close int mount = fs_clone(source);
	int rc = mount;
	/* A mask too: the step must not change the permissions of the machine's null device. */
	if (rc >= 0)
		rc = fs_restrict(mount, is_hollow ? HOLLOW : MOUNT_ATTR_RDONLY);
	if (rc >= 0)
		rc = fs_attach(mount, target);
	return rc < 0 ? fail_step(err, STEP_MOUNT, -rc, "cannot %s %s",
				  op->kind == OP_MASK ? "mask" : "make read-only", op->target)
		      : 0;
}

static int mount_dev(const struct stage *stage, struct err *err)
{
	cleanup_close int nodes = memory_folder(stage, "nodes");
	return nodes < 0 ? fail(err, "E_SANDBOX", -nodes, "cannot make a folder for devices")
			 : dev_mount(stage->root, nodes, err);
}

static int perform(struct stage *stage, const struct op *op, struct err *err)
{
	switch (op->kind) {
	case OP_PROC:
		return kernfs_mount_proc(stage->root, err);
	case OP_SYS:
		return kernfs_mount_sys(stage->root, true, err);
	case OP_SYS_RW:
		return kernfs_mount_sys(stage->root, false, err);
	case OP_DEV:
		return mount_dev(stage, err);
	case OP_BIND:
		return bind_pinned(stage, op, err);
	case OP_LAYERS:
		return bind_layers(stage, op, err);
	case OP_DATA:
		return bind_data(stage, op, err);
	case OP_TMPFS:
		return mount_tmpfs(stage, op, err);
	case OP_MASK:
	case OP_READONLY:
		return cover(stage, op, err);
	default:
		return fail(err, "E_RUNNER_WORDS", 0, "unknown operation %d", (int)op->kind);
	}
}

int mounts_perform(const struct plan *plan, int root, int memory, struct err *err)
{
	struct stage stage = {
		.plan = plan, .root = root, .memory = memory, .null = -1, .hollow = -1
	};
	int rc = 0;
	for (size_t i = 0; i < plan->op_count && rc == 0; i++)
		rc = perform(&stage, &plan->ops[i], err);
	cleanup_close int null __attribute__((unused)) = stage.null;
	cleanup_close int hollow __attribute__((unused)) = stage.hollow;
	return rc;
}
