/* Implementation of remove.h. */
#include "remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "path.h"
#include "store.h"

/* Deeper folders are first moved up, beside the top one's children, so that descriptors suffice. */
#define MAX_DEPTH 100

struct removal {
	int top; /* the folder that is being deleted */
	dev_t device;
	uint64_t moved;
	uint64_t count;
};

static int remove_contents(struct removal *removal, int dir, int depth);

static int open_dir(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);
	/* Not root: the owner may have taken his own permissions away. */
	if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
		fd = openat(parent, name, flags);
	return fd < 0 ? -errno : fd;
}

static int move_up(struct removal *removal, int parent, const char *name)
{
	char up[40];
	do
		snprintf(up, sizeof(up), ".moved-%llu", (unsigned long long)removal->moved++);
	while (faccessat(removal->top, up, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	return renameat(parent, name, removal->top, up) < 0 ? -errno : 0;
}

static int remove_dir(struct removal *removal, int parent, const char *name, int depth)
{
	struct stat st;
	if (depth > MAX_DEPTH)
		return move_up(removal, parent, name);
	cleanup_close int dir = open_dir(parent, name);
	if (dir < 0)
		return dir;
	if (fstat(dir, &st) < 0 || st.st_dev != removal->device)
		return -EXDEV;
	/* Again as long as something was moved up into it, or came late. */
	for (uint64_t before = UINT64_MAX; before != removal->count + removal->moved;) {
		before = removal->count + removal->moved;
		int rc = remove_contents(removal, dir, depth);
		if (rc < 0)
			return rc;
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0) {
			removal->count++;
			return 0;
		}
		if (errno != ENOTEMPTY && errno != EEXIST)
			return -errno;
	}
	return -ENOTEMPTY;
}

static int remove_one(struct removal *removal, int parent, const char *name, bool is_dir, int depth)
{
	if (is_dir)
		return remove_dir(removal, parent, name, depth);
	if (unlinkat(parent, name, 0) == 0) {
		removal->count++;
		return 0;
	}
	if (errno == EACCES && fchmod(parent, 0700) == 0 && unlinkat(parent, name, 0) == 0) {
		removal->count++;
		return 0;
	}
	if (errno == EISDIR)
		return remove_dir(removal, parent, name, depth);
	return errno == ENOENT ? 0 : -errno;
}

static int remove_contents(struct removal *removal, int dir, int depth)
{
	int rc = 0;
	struct dirent *entry;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	if (stream == NULL) {
		rc = -errno;
		if (copy >= 0)
			close(copy);
		return rc;
	}
	while (rc == 0 && (entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = remove_one(removal, dir, entry->d_name, entry->d_type == DT_DIR,
					depth + 1);
	closedir(stream);
	return rc;
}

int remove_at(int parent, const char *name, uint64_t *count)
{
	struct stat st;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	struct removal removal = { .top = -1, .device = st.st_dev };
	if (S_ISDIR(st.st_mode)) {
		removal.top = open_dir(parent, name);
		if (removal.top < 0)
			return removal.top;
	}
	int rc = remove_one(&removal, parent, name, S_ISDIR(st.st_mode), 0);
	if (removal.top >= 0)
		close(removal.top);
	*count += removal.count;
	return rc;
}

int remove_tree(const char *path, uint64_t *count, struct err *err)
{
	char parent_path[WHOLE_PATH_MAX];
	size_t length = strlen(path);
	const char *slash = strrchr(path, '/');
	if (*path != '/' || length >= sizeof(parent_path) || slash[1] == '\0' ||
	    strcmp(slash, "/..") == 0 || strcmp(slash, "/.") == 0)
		return fail(err, "E_RUNNER_WORDS", 0, "\"%s\" is no path to remove", path);
	snprintf(parent_path, sizeof(parent_path), "%.*s", slash == path ? 1 : (int)(slash - path),
		 path);
	cleanup_close int parent = open(parent_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : fail(err, "E_IO", errno, "cannot remove %s", path);
	int rc = remove_at(parent, slash + 1, count);
	return rc < 0 ? fail(err, "E_IO", -rc, "cannot remove %s", path) : 0;
}

static int remove_all(struct store_plan *plan, struct err *err)
{
	uint64_t count = 0;
	for (size_t i = 0; i < plan->path_count; i++) {
		int rc = remove_tree(plan->paths[i], &count, err);
		if (rc < 0)
			return rc;
	}
	store_done(count, 0);
	return 0;
}

int remove_verb(const struct words *words, struct err *err)
{
	struct store_plan plan;
	int rc = store_plan_read(&plan, words, false, err);
	if (rc == 0)
		rc = store_perform(&plan, remove_all, err);
	store_plan_free(&plan);
	return rc;
}
