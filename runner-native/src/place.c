/* Implementation of place.h. Folders are never removed during an extraction, so the cached
 * descriptors stay right. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "remove.h"

#define FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int fail_path(const char *path, int number, struct err *err)
{
	if (number == ENOTDIR || number == ELOOP || number == EXDEV)
		return fail(err, "E_LAYER_PATH", number,
			    "/%s goes through something that is not a folder", path);
	return fail(err, "E_LAYER_ENTRY", number, "cannot open the folder of /%s", path);
}

/* Makes the missing folders of `path` (a folder's) one by one; its descriptor or -errno. */
static int make_folders(int root, const char *path)
{
	char name[COMPONENT_MAX + 1];
	int held = openat(root, ".", FOLDER);
	while (held >= 0 && *path != '\0') {
		size_t part = strcspn(path, "/");
		memcpy(name, path, part);
		name[part] = '\0';
		int rc = mkdirat(held, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
		int next = rc < 0 ? rc : openat(held, name, FOLDER);
		if (rc == 0 && next < 0)
			next = -errno;
		close(held);
		held = next;
		path += part + (path[part] == '/');
	}
	return held;
}

/* Opens the folder of `path`, or takes it from the cache. */
static int open_parent(const struct places *places, const char *path, bool may_make, int *fd,
		       char *cached, struct place *place, struct err *err)
{
	char parent[WHOLE_PATH_MAX + 1];
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path);
	place->name = slash == NULL ? path : slash + 1;
	memcpy(parent, path, length);
	parent[length] = '\0';
	if (length == 0) {
		place->parent = places->root;
		return 0;
	}
	if (*fd < 0 || strcmp(parent, cached) != 0) {
		if (*fd >= 0)
			close(*fd);
		*fd = path_open_beneath(places->root, parent, O_PATH | O_DIRECTORY, 0);
		if (*fd == -ENOENT && may_make)
			*fd = make_folders(places->root, parent);
		if (*fd < 0)
			return fail_path(path, -*fd, err);
		memcpy(cached, parent, length + 1);
	}
	place->parent = *fd;
	return 0;
}

int place_of(struct places *places, const char *path, struct place *place, struct err *err)
{
	return open_parent(places, path, true, &places->parent, places->parent_path, place, err);
}

int place_of_target(struct places *places, const char *path, struct place *place, struct err *err)
{
	return open_parent(places, path, false, &places->link_parent, places->link_parent_path,
			   place, err);
}

int place_clear(const struct place *place, const char *path, struct err *err)
{
	if (unlinkat(place->parent, place->name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR || errno == EPERM)
		return fail(err, "E_LAYER_PATH", errno, "/%s is a folder already", path);
	return fail(err, "E_LAYER_ENTRY", errno, "cannot replace /%s", path);
}

int place_remove(const struct place *place, const char *path, struct err *err)
{
	uint64_t count = 0;
	const bool is_root = strcmp(place->name, PLACE_ROOT) == 0;
	int rc = is_root ? -EBUSY : remove_at(place->parent, place->name, &count);
	return rc < 0 ? fail(err, "E_LAYER_ENTRY", -rc, "cannot remove /%s", path) : 0;
}

void places_close(struct places *places)
{
	if (places->parent >= 0)
		close(places->parent);
	if (places->link_parent >= 0)
		close(places->link_parent);
}
