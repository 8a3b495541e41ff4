/* Implementation of extract.h. */
#include "extract.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "copy.h"
#include "events.h"
#include "ownership.h"
#include "place.h"
#include "source.h"
#include "store.h"
#include "xattrs.h"

/* A folder's time is set when nothing more is made in it. */
struct dir_time {
	char *path;
	struct timespec mtime;
};

struct extraction {
	struct places places;
	struct source source;
	struct entry entry;
	struct dir_time *dirs;
	size_t dir_count;
	uint64_t entries, bytes;
	bool single_id; /* owners and devices are recorded (ownership.h) */
	bool no_marks;	/* removals are left out; in a root, performed */
	bool is_root;	/* of a step: names of one file become files (layer folders keep them) */
	uint64_t skipped_devices, skipped_xattrs;
	char first_device[256], first_xattr[256];
};

static int fail_entry(const struct entry *entry, int number, const char *what, struct err *err)
{
	return fail(err, "E_LAYER_ENTRY", number, "cannot %s /%s", what, entry->path);
}

static void remember(uint64_t *count, char *first, size_t room, const char *what)
{
	if ((*count)++ == 0) {
		size_t length = strnlen(what, room - 1);
		memcpy(first, what, length);
		first[length] = '\0';
	}
}

/* Sets the attributes of an open file or folder. Most can be missed; a capability is a permission.
 */
static int set_xattrs(struct extraction *x, int fd, struct err *err)
{
	const struct entry *entry = &x->entry;
	for (size_t i = 0; i < entry->xattr_count; i++) {
		const struct xattr *xattr = &entry->xattrs[i];
		if (!xattr_is_overlay(xattr->name) && !xattr_is_record(xattr->name) &&
		    fsetxattr(fd, xattr->name, xattr->value, xattr->length, 0) == 0)
			continue;
		if (strcmp(xattr->name, "security.capability") == 0)
			return fail_entry(entry, errno, "give its file capabilities to", err);
		remember(&x->skipped_xattrs, x->first_xattr, sizeof(x->first_xattr), xattr->name);
	}
	return 0;
}

/* What is neither file nor folder cannot be opened, and carries no attribute that an image needs.
 */
static void skip_xattrs(struct extraction *x)
{
	for (size_t i = 0; i < x->entry.xattr_count; i++)
		remember(&x->skipped_xattrs, x->first_xattr, sizeof(x->first_xattr),
			 x->entry.xattrs[i].name);
}

static struct timespec mtime_of(const struct entry *entry)
{
	return (struct timespec){ .tv_sec = (time_t)entry->mtime_sec,
				  .tv_nsec = (long)entry->mtime_nsec };
}

static int create_file(const struct entry *entry, const struct place *place, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const mode_t mode = entry->mode & 0777;
	int fd = openat(place->parent, place->name, flags, mode);
	if (fd < 0 && errno == EEXIST) {
		int rc = place_clear(place, entry->path, err);
		if (rc < 0)
			return rc;
		fd = openat(place->parent, place->name, flags, mode);
	}
	return fd < 0 ? fail_entry(entry, errno, "make", err) : fd;
}

static int extract_file(struct extraction *x, const struct place *place, struct err *err)
{
	const struct entry *entry = &x->entry;
	const struct timespec times[2] = { mtime_of(entry), mtime_of(entry) };
	cleanup_close int fd = create_file(entry, place, err);
	if (fd < 0)
		return fd;
	/* chown and write take setuid bits and file capabilities away, so mode and xattrs come
	 * last. */
	int rc = ownership_set(fd, x->single_id, entry->uid, entry->gid);
	if (rc < 0)
		return fail_entry(entry, -rc, "set the owner of", err);
	rc = source_content(&x->source, entry->size, fd, entry->path, err);
	if (rc < 0)
		return rc;
	x->bytes += entry->size;
	if (fchmod(fd, entry->mode) < 0)
		return fail_entry(entry, errno, "set the mode of", err);
	rc = set_xattrs(x, fd, err);
	if (rc < 0)
		return rc;
	return futimens(fd, times) < 0 ? fail_entry(entry, errno, "set the time of", err) : 0;
}

static int open_folder(const struct entry *entry, const struct place *place, struct err *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (mkdirat(place->parent, place->name, 0700) < 0 && errno != EEXIST)
		return fail_entry(entry, errno, "make", err);
	int fd = openat(place->parent, place->name, flags);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		int rc = place_clear(place, entry->path, err);
		if (rc < 0)
			return rc;
		if (mkdirat(place->parent, place->name, 0700) < 0)
			return fail_entry(entry, errno, "make", err);
		fd = openat(place->parent, place->name, flags);
	}
	return fd < 0 ? fail_entry(entry, errno, "open", err) : fd;
}

static int extract_dir(struct extraction *x, const struct place *place, struct err *err)
{
	const struct entry *entry = &x->entry;
	cleanup_close int fd = open_folder(entry, place, err);
	if (fd < 0)
		return fd;
	int rc = ownership_set(fd, x->single_id, entry->uid, entry->gid);
	if (rc == 0 && fchmod(fd, entry->mode) < 0)
		rc = -errno;
	if (rc < 0)
		return fail_entry(entry, -rc, "set the owner and mode of", err);
	rc = set_xattrs(x, fd, err);
	if (rc < 0)
		return rc;
	struct dir_time *dir = array_push(&x->dirs, &x->dir_count, sizeof(*dir));
	if (dir == NULL || (dir->path = strdup(entry->path)) == NULL)
		return fail_entry(entry, ENOMEM, "remember", err);
	dir->mtime = mtime_of(entry);
	return 0;
}

/* Owner, mode and time of what cannot be opened; never through a link. */
static int set_metadata(struct extraction *x, const struct place *place, struct err *err)
{
	const struct entry *entry = &x->entry;
	const struct timespec times[2] = { mtime_of(entry), mtime_of(entry) };
	const struct ownership owner = { .uid = entry->uid, .gid = entry->gid };
	const int flags = AT_SYMLINK_NOFOLLOW;
	if (!x->single_id &&
	    fchownat(place->parent, place->name, entry->uid, entry->gid, flags) < 0)
		return fail_entry(entry, errno, "set the owner of", err);
	/* We have just made it, and nobody else works in this folder, so it is no link. */
	if (entry->type != ENTRY_SYMLINK &&
	    fchmodat(place->parent, place->name, entry->mode, 0) < 0)
		return fail_entry(entry, errno, "set the mode of", err);
	int rc = 0;
	if (x->single_id)
		rc = ownership_record_time(place->parent, place->name, flags, times[1], &owner);
	else if (utimensat(place->parent, place->name, times, flags) < 0)
		rc = -errno;
	if (rc < 0)
		return fail_entry(entry, -rc, "set the time of", err);
	skip_xattrs(x);
	return 0;
}

static int extract_symlink(struct extraction *x, const struct place *place, struct err *err)
{
	const struct entry *entry = &x->entry;
	int rc = place_clear(place, entry->path, err);
	if (rc < 0)
		return rc;
	if (symlinkat(entry->link, place->parent, place->name) < 0)
		return fail_entry(entry, errno, "make", err);
	return set_metadata(x, place, err);
}

static int extract_hardlink(struct extraction *x, const struct place *place, struct err *err)
{
	struct stat target, there;
	struct place from;
	const struct entry *entry = &x->entry;
	if (*entry->link == '\0')
		return fail(err, "E_LAYER_PATH", 0, "/%s is a hard link to the root", entry->path);
	int rc = place_of_target(&x->places, entry->link, &from, err);
	if (rc < 0)
		return rc;
	if (fstatat(from.parent, from.name, &target, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_entry(entry, errno, "find the target of the hard link", err);
	if (S_ISDIR(target.st_mode) || (S_ISCHR(target.st_mode) && target.st_rdev == makedev(0, 0)))
		return fail_entry(entry, 0, "link a folder or a removal as", err);
	if (fstatat(place->parent, place->name, &there, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!x->is_root && there.st_ino == target.st_ino && there.st_dev == target.st_dev)
			return 0;
		rc = place_clear(place, entry->path, err);
		if (rc < 0)
			return rc;
	}
	if (x->is_root) {
		const struct copy copy = { from.parent, from.name, place->parent, place->name };
		rc = copy_file(&copy);
		return rc < 0 ? fail_entry(entry, -rc, "copy the other name of", err) : 0;
	}
	if (linkat(from.parent, from.name, place->parent, place->name, 0) < 0)
		return fail_entry(entry, errno, "make the hard link", err);
	return 0;
}

/* An empty file that says which device it stands for. */
static int extract_stand_in(struct extraction *x, const struct place *place, struct err *err)
{
	const struct entry *entry = &x->entry;
	const struct timespec times[2] = { mtime_of(entry), mtime_of(entry) };
	const struct ownership owner = {
		.uid = entry->uid,
		.gid = entry->gid,
		.node = entry->type == ENTRY_BLOCK ? S_IFBLK : S_IFCHR,
		.major = entry->major,
		.minor = entry->minor,
	};
	int rc = place_clear(place, entry->path, err);
	if (rc < 0)
		return rc;
	cleanup_close int fd = create_file(entry, place, err);
	if (fd < 0)
		return fd;
	rc = ownership_record_fd(fd, &owner);
	if (rc == 0 && (fchmod(fd, entry->mode) < 0 || futimens(fd, times) < 0))
		rc = -errno;
	skip_xattrs(x);
	return rc < 0 ? fail_entry(entry, -rc, "make a stand-in for the device", err) : 0;
}

static int extract_node(struct extraction *x, const struct place *place, struct err *err)
{
	const struct entry *entry = &x->entry;
	bool is_whiteout = entry->type == ENTRY_WHITEOUT;
	mode_t type = entry->type == ENTRY_FIFO	   ? S_IFIFO
		      : entry->type == ENTRY_BLOCK ? S_IFBLK
						   : S_IFCHR;
	dev_t device = makedev(entry->major, entry->minor);
	/* A layer's own 0:0 would be overlayfs's removal. */
	bool is_forged = entry->type == ENTRY_CHAR && device == makedev(0, 0);
	if (x->single_id && !is_forged && (entry->type == ENTRY_CHAR || entry->type == ENTRY_BLOCK))
		return extract_stand_in(x, place, err);
	int rc = place_clear(place, entry->path, err);
	if (rc < 0)
		return rc;
	if (!is_forged && mknodat(place->parent, place->name, type | (is_whiteout ? 0 : 0600),
				  is_whiteout || type == S_IFIFO ? 0 : device) == 0)
		return is_whiteout ? 0 : set_metadata(x, place, err);
	if (!is_forged && (errno != EPERM || is_whiteout || type == S_IFIFO))
		return fail_entry(entry, errno, "make", err);
	remember(&x->skipped_devices, x->first_device, sizeof(x->first_device), entry->path);
	return 0;
}

static int extract_opaque(const struct entry *entry, const struct place *place, struct err *err)
{
	cleanup_close int fd =
		openat(place->parent, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_entry(entry, errno, "open the opaque folder", err);
	if (fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) < 0)
		return fail_entry(entry, errno, "mark as opaque", err);
	return 0;
}

static int extract_entry(struct extraction *x, struct err *err)
{
	struct place place = { .parent = x->places.root, .name = PLACE_ROOT };
	if (*x->entry.path != '\0') {
		int rc = place_of(&x->places, x->entry.path, &place, err);
		if (rc < 0)
			return rc;
	} else if (x->entry.type != ENTRY_DIR && x->entry.type != ENTRY_OPAQUE) {
		return fail(err, "E_STREAM", 0, "the root is not a folder");
	}
	if (x->no_marks && (x->entry.type == ENTRY_WHITEOUT || x->entry.type == ENTRY_OPAQUE))
		return x->is_root ? place_remove(&place, x->entry.path, err) : 0;
	switch (x->entry.type) {
	case ENTRY_FILE:
		return extract_file(x, &place, err);
	case ENTRY_DIR:
		return extract_dir(x, &place, err);
	case ENTRY_SYMLINK:
		return extract_symlink(x, &place, err);
	case ENTRY_HARDLINK:
		return extract_hardlink(x, &place, err);
	case ENTRY_CHAR:
	case ENTRY_BLOCK:
	case ENTRY_FIFO:
	case ENTRY_WHITEOUT:
		return extract_node(x, &place, err);
	case ENTRY_OPAQUE:
		return extract_opaque(&x->entry, &place, err);
	case ENTRY_END:
	case ENTRY_SOCKET:
	default:
		return fail(err, "E_STREAM", 0, "an entry of type %d cannot be extracted",
			    (int)x->entry.type);
	}
}

static int set_dir_times(struct extraction *x, struct err *err)
{
	for (size_t i = x->dir_count; i-- > 0;) {
		const struct dir_time *dir = &x->dirs[i];
		const struct timespec times[2] = { dir->mtime, dir->mtime };
		cleanup_close int fd =
			path_open_beneath(x->places.root, *dir->path == '\0' ? "." : dir->path,
					  O_RDONLY | O_DIRECTORY, 0);
		if (fd < 0 || futimens(fd, times) < 0)
			return fail(err, "E_LAYER_ENTRY", fd < 0 ? -fd : errno,
				    "cannot set the time of /%s", dir->path);
	}
	return 0;
}

static void report(const struct extraction *x)
{
	if (x->skipped_devices > 0)
		event_note("devices", "%llu device nodes were left out, the first of them /%s",
			   (unsigned long long)x->skipped_devices, x->first_device);
	if (x->skipped_xattrs > 0)
		event_note("xattrs", "%llu extended attributes were left out, the first of them %s",
			   (unsigned long long)x->skipped_xattrs, x->first_xattr);
	store_done(x->entries, x->bytes);
}

static int extract_stream(struct extraction *x, struct err *err)
{
	for (;;) {
		int rc = source_entry(&x->source, &x->entry, err);
		if (rc < 0)
			return rc;
		if (x->entry.type == ENTRY_END) {
			rc = source_end(&x->source, err);
			return rc < 0 ? rc : set_dir_times(x, err);
		}
		rc = extract_entry(x, err);
		if (rc < 0)
			return rc;
		x->entries++;
	}
}

static int extract_work(struct store_plan *plan, struct err *err)
{
	static struct extraction x;
	cleanup_close int root = store_enter(plan, err);
	if (root < 0)
		return root;
	x.places = (struct places){ .root = root, .parent = -1, .link_parent = -1 };
	x.source.fd = STDIN_FILENO;
	x.single_id = plan->single_id;
	x.no_marks = plan->chroot;
	x.is_root = plan->is_root;
	/* The modes of entries are meant as they are. */
	umask(0);
	int rc = extract_stream(&x, err);
	if (rc == 0)
		report(&x);
	places_close(&x.places);
	for (size_t i = 0; i < x.dir_count; i++)
		free(x.dirs[i].path);
	free(x.dirs);
	return rc;
}

int extract_verb(const struct words *words, struct err *err)
{
	struct store_plan plan;
	int rc = store_plan_read(&plan, words, true, err);
	if (rc == 0)
		rc = store_perform(&plan, extract_work, err);
	store_plan_free(&plan);
	return rc;
}
