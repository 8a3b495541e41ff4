/* Implementation of record.h. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "dirlist.h"
#include "path.h"
#include "sys.h"

struct writer {
	FILE *file;
	const struct omitted *omitted;
	int64_t last_change;
	char path[WHOLE_PATH_MAX + 1];
};

static int64_t nanoseconds(struct statx_timestamp time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

bool omitted_has(const struct omitted *omitted, const char *path)
{
	for (size_t i = 0; i < omitted->count; i++)
		if (strcmp(omitted->paths[i], path) == 0)
			return true;
	return false;
}

int record_look(int dir, const char *name, struct seen *seen)
{
	struct statx st;
	size_t length = strnlen(name, sizeof(seen->name) - 1);
	if (sys_statx(dir, name, SYS_AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		      STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return -errno;
	/* All of it is written, so all of it is defined. */
	memset(seen, 0, sizeof(*seen));
	seen->device = makedev(st.stx_dev_major, st.stx_dev_minor);
	seen->inode = st.stx_ino;
	seen->size = st.stx_size;
	seen->born = nanoseconds(st.stx_btime);
	seen->changed = nanoseconds(st.stx_ctime);
	seen->modified = nanoseconds(st.stx_mtime);
	seen->mode = st.stx_mode;
	memcpy(seen->name, name, length);
	return 0;
}

static int put(struct writer *writer, const struct seen *seen)
{
	const size_t fixed = offsetof(struct seen, name);
	const uint8_t length = (uint8_t)strlen(seen->name);
	if (fputc(length, writer->file) == EOF)
		return -EIO;
	if (length > 0 && (fwrite(seen, fixed, 1, writer->file) != 1 ||
			   fwrite(seen->name, length, 1, writer->file) != 1))
		return -EIO;
	return 0;
}

static int put_children(struct writer *writer, int dir);

static int put_child(struct writer *writer, int dir, const char *name)
{
	struct seen seen = { .inode = 0 };
	if (omitted_has(writer->omitted, writer->path))
		return 0;
	int rc = record_look(dir, name, &seen);
	if (rc == 0)
		rc = put(writer, &seen);
	if (rc < 0)
		return rc;
	if (seen.changed > writer->last_change)
		writer->last_change = seen.changed;
	if (!S_ISDIR(seen.mode))
		return 0;
	cleanup_close int child =
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return child < 0 ? -errno : put_children(writer, child);
}

static int put_children(struct writer *writer, int dir)
{
	static const struct seen end = { 0 };
	struct dirlist list;
	size_t length = strlen(writer->path);
	size_t room = sizeof(writer->path) - length;
	int rc = dirlist_read(dir, &list);
	for (size_t i = 0; i < list.count && rc == 0; i++) {
		int added = snprintf(writer->path + length, room, "%s%s", length == 0 ? "" : "/",
				     list.names[i]);
		rc = (size_t)added >= room ? -ENAMETOOLONG : put_child(writer, dir, list.names[i]);
	}
	writer->path[length] = '\0';
	dirlist_free(&list);
	return rc < 0 ? rc : put(writer, &end);
}

/* The kernel stamps changes with a clock that ticks every few milliseconds. */
static void outlive(int64_t moment)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	struct timespec now;
	for (int round = 0; round < 100; round++) {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec > moment)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

int record_write(int root, const char *path, const struct omitted *omitted, struct err *err)
{
	static struct writer writer;
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file == NULL)
		return fail(err, "E_SANDBOX", errno, "cannot make %s", path);
	steal_fd(&fd);
	writer = (struct writer){ .file = file, .omitted = omitted };
	int rc = put_children(&writer, root);
	if (fclose(file) != 0 && rc == 0)
		rc = -EIO;
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot look at /%s of the step's root",
			    writer.path);
	outlive(writer.last_change);
	return 0;
}

int record_next(FILE *record, struct seen *seen)
{
	int length = fgetc(record);
	if (length == EOF)
		return -EIO;
	seen->name[0] = '\0';
	if (length == 0)
		return 0;
	if (fread(seen, offsetof(struct seen, name), 1, record) != 1 ||
	    fread(seen->name, (size_t)length, 1, record) != 1)
		return -EIO;
	seen->name[length] = '\0';
	return 1;
}

int record_skip(FILE *record)
{
	struct seen seen;
	for (size_t depth = 1; depth > 0;) {
		int got = record_next(record, &seen);
		if (got < 0)
			return got;
		if (got == 0)
			depth--;
		else if (S_ISDIR(seen.mode))
			depth++;
	}
	return 0;
}
