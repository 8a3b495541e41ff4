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

static int make_dir(const struct plan *plan, int layer, const struct stub *stub)
{
	const char *slash = strrchr(stub->path, '/');
	char parent_path[WHOLE_PATH_MAX + 1];
	cleanup_close int parent = -1;
	if (slash != NULL) {
		memcpy(parent_path, stub->path, (size_t)(slash - stub->path));
		parent_path[slash - stub->path] = '\0';
		parent = path_open_beneath(layer, parent_path, O_PATH | O_DIRECTORY, 0);
		if (parent < 0)
			return parent;
	}
	if (mkdirat(slash == NULL ? layer : parent, slash == NULL ? stub->path : slash + 1, 0700) <
		    0 &&
	    errno != EEXIST)
		return -errno;
	cleanup_close int fd = path_open_beneath(layer, stub->path, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? fd : set_metadata(plan, fd, stub);
}

static int make_file(const struct plan *plan, int layer, const struct stub *stub)
{
	cleanup_close int fd =
		path_open_beneath(layer, stub->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	return fd < 0 ? fd : set_metadata(plan, fd, stub);
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
		rc = stub->is_dir ? make_dir(plan, layer, stub) : make_file(plan, layer, stub);
		if (rc < 0)
			return fail(err, "E_SANDBOX", -rc, "cannot make the mount point /%s",
				    stub->path);
	}
	return 0;
}
