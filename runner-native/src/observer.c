/* Implementation of observer.h. */
#include "observer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "cell.h"
#include "resolve.h"

/* One that may be executed but not read; on rung "chroot" without CAP_SYS_PTRACE, another user's.
 */
#define UNREADABLE "the memory of a program could not be read"

void observer_fail(struct observer *observer, const char *reason)
{
	if (observer->reason == NULL)
		observer->reason = reason;
}

/* Looks up again what was doubtful, now that the call has surely ended. */
static void resolve_doubt(struct observer *observer, struct thread *thread)
{
	static struct view view;
	char path[PATH_MAX];
	if (thread->doubt == 0 || !observer_is_on(observer))
		return;
	const struct lookup *lookup = &observer->lookups.all[thread->doubt - 1];
	memcpy(path, lookups_text(&observer->lookups, lookup), lookup->length);
	path[lookup->length] = '\0';
	thread->doubt = 0;
	view.tid = thread->tid;
	view.root_length = view.length = 0;
	resolve(observer, &view, path, thread->uses & ~(unsigned)LOOK_CHANGES);
}

void observer_notice(struct observer *observer, const struct notice *notice)
{
	struct thread *thread = &observer->threads[(uint32_t)notice->tid % OBSERVER_THREADS];
	if (observer->calls++ > 0)
		observer->interrupted += notice->id - observer->id - 1;
	observer->id = notice->id;
	resolve_doubt(observer, thread);
	thread->tid = notice->tid;
	thread->serial = ++observer->serial;
}

void observer_end(struct observer *observer)
{
	for (size_t i = 0; i < OBSERVER_THREADS; i++)
		resolve_doubt(observer, &observer->threads[i]);
}

static void check_readable(struct observer *observer, int rc)
{
	if (rc < 0 && (errno == EPERM || errno == EACCES))
		observer_fail(observer, UNREADABLE);
}

int observer_read(struct observer *observer, const struct notice *notice, uint64_t address,
		  void *to, size_t length)
{
	errno = 0;
	const int rc = notice_read(notice, address, to, length);
	check_readable(observer, rc);
	return rc;
}

bool observer_read_path(struct observer *observer, const struct notice *notice, uint64_t address,
			char path[PATH_MAX])
{
	if (!observer_is_on(observer))
		return false;
	errno = 0;
	const int length = notice_read_path(notice, address, path);
	check_readable(observer, length);
	return length > 0;
}

/* Remembers to look the path up again at the caller's next call. */
static void doubt(struct observer *observer, const struct notice *notice, const struct view *view,
		  const char *path, unsigned uses)
{
	char text[2 * PATH_MAX];
	struct thread *thread = &observer->threads[(uint32_t)notice->tid % OBSERVER_THREADS];
	const int length = *path == '/' ? snprintf(text, sizeof(text), "%s", path)
					: snprintf(text, sizeof(text), "%.*s/%s", (int)view->length,
						   view->place, path);
	if (length >= PATH_MAX)
		return;
	const uint32_t hash = lookups_hash(LOOKUPS_HASH_START, text, (size_t)length);
	const struct lookup *lookup = lookups_at(&observer->lookups, hash, text, (size_t)length);
	if (lookup == NULL)
		return observer_fail(observer, "it looked up too many paths");
	thread->doubt = (uint32_t)(lookup - observer->lookups.all) + 1;
	thread->uses = (uint8_t)uses;
}

/* The place that a link of /proc leads to; false where it has none in the step's root. */
static bool read_place(struct observer *observer, const char *link, char place[PATH_MAX],
		       size_t *length)
{
	static const char deleted[] = " (deleted)";
	const size_t mark = sizeof(deleted) - 1;
	const ssize_t got = readlink(link, place, PATH_MAX - 1);
	check_readable(observer, (int)got);
	if (got <= 0 || place[0] != '/')
		return false;
	*length = (size_t)got - 1;
	memmove(place, place + 1, *length);
	place[*length] = '\0';
	/* What is deleted was looked at before. Its parent can still be reached. */
	if (*length > mark && strcmp(place + *length - mark, deleted) == 0)
		*length -= mark;
	return true;
}

static bool read_place_of(struct observer *observer, const struct notice *notice, int dirfd,
			  char place[PATH_MAX], size_t *length)
{
	char link[32];
	if (dirfd == AT_FDCWD)
		snprintf(link, sizeof(link), "%d/cwd", (int)notice->tid);
	else
		snprintf(link, sizeof(link), "%d/fd/%d", (int)notice->tid, dirfd);
	return read_place(observer, link, place, length);
}

static void read_root(struct observer *observer, const struct notice *notice, struct view *view)
{
	char link[32];
	view->root_length = 0;
	snprintf(link, sizeof(link), "%d/root", (int)notice->tid);
	if (notice->changed_roots)
		(void)read_place(observer, link, view->root, &view->root_length);
}

void observer_look(struct observer *observer, const struct notice *notice, int dirfd,
		   const char *path, unsigned uses)
{
	static struct view view;
	view.tid = notice->tid;
	view.length = 0;
	read_root(observer, notice, &view);
	if (*path == '/') {
		view.length = view.root_length;
		memcpy(view.place, view.root, view.root_length);
	} else if (!read_place_of(observer, notice, dirfd, view.place, &view.length)) {
		return;
	}
	resolve(observer, &view, path, uses);
	if (view.is_doubtful && view.root_length == 0)
		doubt(observer, notice, &view, path, uses);
}

void observer_look_inside(struct observer *observer, const struct notice *notice, int dirfd,
			  const char *path, unsigned uses)
{
	static struct view view;
	view.tid = notice->tid;
	if (!read_place_of(observer, notice, dirfd, view.root, &view.root_length))
		return;
	view.length = view.root_length;
	memcpy(view.place, view.root, view.root_length);
	resolve(observer, &view, path, uses);
}

void observer_look_at_open(struct observer *observer, const struct notice *notice, int fd,
			   unsigned uses)
{
	static struct view view;
	view.tid = notice->tid;
	view.root_length = 0;
	if (observer_is_on(observer) && fd >= 0 &&
	    read_place_of(observer, notice, fd, view.place, &view.length))
		resolve(observer, &view, "", uses);
}

/* overlayfs moves no folder of a lower layer. Where none is in the way, everything below such a one
 * would be the input's under another name. */
static bool is_own(const struct observer *observer, const struct statx_timestamp *born)
{
	const struct timespec began = observer->began;
	if (began.tv_sec == 0)
		return true;
	return born != NULL && (born->tv_sec > began.tv_sec ||
				(born->tv_sec == began.tv_sec && born->tv_nsec >= began.tv_nsec));
}

void observer_folder_moves(struct observer *observer, const struct notice *notice,
			   const struct statx_timestamp *born)
{
	observer->generation++;
	if (!is_own(observer, born))
		return observer_fail(observer, "it moved a folder of its input");
	if (observer->mover_count == OBSERVER_MOVERS)
		return observer_fail(observer, "too many folders were moved at once");
	observer->movers[observer->mover_count++] = (struct mover){ notice->tid, observer->serial };
}

static bool has_proc(void)
{
	struct statfs fs;
	return statfs("/proc", &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* What the runner itself looks up in the image. */
static void note_own(struct observer *observer, const struct plan *plan)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group" };
	const unsigned folder = LOOK_EXISTS | LOOK_FOLLOWED;
	const struct notice nobody = { .tid = getpid() };
	for (size_t i = 0; i < lengthof(files); i++)
		observer_look(observer, &nobody, AT_FDCWD, files[i], LOOK_CONTENT | LOOK_FOLLOWED);
	observer_look(observer, &nobody, AT_FDCWD, plan->cwd, folder);
	for (size_t i = 0; i < plan->op_count; i++)
		observer_look(observer, &nobody, AT_FDCWD, plan->ops[i].target, folder);
}

void observer_begin(struct observer *observer, const struct plan *plan)
{
	observer->generation = 1;
	/* Abstract sockets are the container's where the step has no namespace. */
	observer->counts_network = plan->host_network || plan->chroot;
	observer->has_proc = has_proc();
	if (plan->no_seccomp)
		return observer_fail(observer, "the step runs without the system call filter");
	if (plan->chroot && clock_gettime(CLOCK_REALTIME_COARSE, &observer->began) < 0)
		return observer_fail(observer, "there is no clock");
	if (!plan->chroot && !observer->has_proc)
		return observer_fail(observer, "the step has no /proc");
	if ((plan->chroot ? cell_mounted(&observer->mounted) : mounted_read(&observer->mounted)) <
	    0)
		return observer_fail(observer, "the mounts of the step cannot be listed");
	note_own(observer, plan);
}
