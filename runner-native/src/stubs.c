/* Implementation of stubs.h. Paths come from a Dockerfile and are checked as hostile ones. */
#include "stubs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "ownership.h"
#include "path.h"

static int set_metadata(const struct plan *plan, int fd, const struct stub *stub)
{
	/* chown takes setuid and setgid bits away, so chmod comes after. */
	int rc = ownership_set(fd, plan->single_id, stub->uid, stub->gid);
	return rc == 0 && fchmod(fd, stub->mode) < 0 ? -errno : rc;
}

static int make_one(const struct plan *plan, int parent, const char *name, const struct stub *stub)
{
	const int flags = O_NOFOLLOW | O_CLOEXEC;
	if (stub->is_dir && mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	cleanup_close int fd =
		stub->is_dir ? openat(parent, name, O_RDONLY | O_DIRECTORY | flags)
			     : openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | flags, 0600);
	return fd < 0 ? -errno : set_metadata(plan, fd, stub);
}

static int make_in_layer(const struct plan *plan, int layer, const struct stub *stub)
{
	const char *slash = strrchr(stub->path, '/');
	char parent_path[WHOLE_PATH_MAX + 1];
	if (slash == NULL)
		return make_one(plan, layer, stub->path, stub);
	memcpy(parent_path, stub->path, (size_t)(slash - stub->path));
	parent_path[slash - stub->path] = '\0';
	cleanup_close int parent = path_open_beneath(layer, parent_path, O_PATH | O_DIRECTORY, 0);
	return parent < 0 ? parent : make_one(plan, parent, slash + 1, stub);
}

int stubs_make_in(int parent, const char *name, const struct stub *stub)
{
	static const struct plan owners_are_real = { .single_id = false };
	return make_one(&owners_are_real, parent, name, stub);
}

int stubs_root_mode(const struct plan *plan, const char *path, struct err *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open %s", path);
	int rc = plan->has_root_mode ? set_metadata(plan, fd, &plan->root_mode) : 0;
	return rc < 0 ? fail(err, "E_SANDBOX", -rc, "cannot set the metadata of %s", path) : 0;
}

int stubs_make(const struct plan *plan, const char *at, struct err *err)
{
	if (mkdir(at, 0755) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make %s", at);
	int rc = stubs_root_mode(plan, at, err);
	if (rc < 0)
		return rc;
	cleanup_close int layer = open(at, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (layer < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open %s", at);
	for (size_t i = 0; i < plan->stub_count; i++) {
		const struct stub *stub = &plan->stubs[i];
		if (*stub->path == '\0' || !path_is_clean(stub->path))
			return fail(err, "E_RUNNER_WORDS", 0, "\"%s\" is no path for a stub",
				    stub->path);
		rc = make_in_layer(plan, layer, stub);
		if (rc < 0)
			return fail(err, "E_SANDBOX", -rc, "cannot make the mount point /%s",
				    stub->path);
	}
	return 0;
}
