/* Implementation of observer.h. */
#include "observer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cell.h"
#include "programs.h"
#include "resolve.h"

#define LOWEST_ADDRESS 4096 /* below is NULL and the like: nobody has memory there */

void observer_fail(struct observer *observer, const char *reason)
{
	if (observer->reason == NULL)
		observer->reason = reason;
}

/* Whether what the thread's last call met may have been another thing when the kernel performed it.
 */
static bool is_in_doubt(const struct observer *observer, const struct thread *thread)
{
	const struct change *change = observer->changes;
	if (change->tid == thread->tid)
		change++;
	return thread->is_doubtful || change->serial > thread->serial;
}

/* Looks up again what the thread's last call did, now that it has surely ended, and forgets it. */
static void finish_looks(struct observer *observer, struct thread *thread)
{
	static struct view view;
	const bool is_needed = is_in_doubt(observer, thread);
	const struct notice notice = { .tid = thread->tid };
	if (is_needed && thread->is_too_much)
		observer_fail(observer, "a name changed while it was looked up");
	for (size_t i = 0; is_needed && i < thread->held_count && observer_is_on(observer); i++) {
		const struct held *look = &thread->held[i];
		view.tid = thread->tid;
		view.root_length = view.length = 0;
		observer->selves = 0;
		resolve(observer, &view, look->path, look->uses);
		if ((look->uses & LOOK_PROGRAM) != 0)
			programs_look(observer, &notice, AT_FDCWD, look->path,
				      (look->uses & LOOK_FOLLOWED) != 0);
	}
	thread->held_count = 0;
	thread->is_doubtful = thread->is_too_much = false;
}

void observer_notice(struct observer *observer, const struct notice *notice)
{
	struct thread *thread = threads_find(&observer->threads, notice->tid);
	if (thread == NULL)
		thread = threads_make_room(&observer->threads, notice->tid);
	if (observer->calls++ > 0 && observer_may_be_interrupted(observer))
		observer->interrupted += notice->id - observer->id - 1;
	observer->id = notice->id;
	observer->serial++;
	observer->thread = thread;
	if (thread == NULL)
		return observer_fail(observer, "too many threads looked paths up at once");
	finish_looks(observer, thread);
	thread->tid = notice->tid;
	thread->serial = observer->serial;
	thread->number = notice->number;
}

void observer_end(struct observer *observer)
{
	for (size_t i = 0; i < THREADS_SETS; i++)
		for (size_t k = 0; k < THREADS_WAYS; k++)
			finish_looks(observer, &observer->threads.all[i][k]);
}

/* Why the caller's memory at `address` could not be read, by errno. A program that may be executed
 * but not read hides all of it, memfd_secret a part; the kernel reads both for the program. */
static void note_unread(struct observer *observer, uint64_t address)
{
	const bool is_nowhere = address < LOWEST_ADDRESS || address >> 63 != 0;
	if (errno == EPERM || errno == EACCES || ((errno == EFAULT || errno == EIO) && !is_nowhere))
		observer_fail(observer, "the memory of a program could not be read");
}

bool observer_read(struct observer *observer, const struct notice *notice, uint64_t address,
		   void *to, size_t length)
{
	if (!observer_is_on(observer))
		return false;
	errno = EFAULT; /* where a part could be read */
	if (notice_read(notice, address, to, length) == 0)
		return true;
	note_unread(observer, address);
	return false;
}

bool observer_read_path(struct observer *observer, const struct notice *notice, uint64_t address,
			char path[PATH_MAX])
{
	if (!observer_is_on(observer))
		return false;
	errno = EFAULT;
	const int length = notice_read_path(notice, address, path);
	if (length == -EFAULT)
		note_unread(observer, address);
	return length > 0;
}

void observer_changes(struct observer *observer, pid_t tid)
{
	struct change *changes = observer->changes;
	if (changes[0].tid != tid)
		changes[1] = changes[0];
	changes[0] = (struct change){ tid, observer->serial };
}

/* Holds what the caller looks up, until its call has ended. */
static void hold(struct observer *observer, const struct view *view, const char *path,
		 unsigned uses)
{
	struct thread *thread = observer->thread;
	if (thread == NULL)
		return;
	struct held *look = &thread->held[thread->held_count];
	thread->is_doubtful = thread->is_doubtful || view->is_doubtful;
	if ((uses & LOOK_UNHELD) != 0)
		return;
	const bool has_room = view->root_length == 0 && thread->held_count < THREADS_HELD;
	const size_t length = strlen(path), start = *path == '/' ? 0 : view->length + 1;
	if (!has_room || start + length >= sizeof(look->path)) {
		thread->is_too_much = true;
		return;
	}
	if (start > 0) {
		memcpy(look->path, view->place, start - 1);
		look->path[start - 1] = '/';
	}
	memcpy(look->path + start, path, length + 1);
	look->uses = (uint8_t)(uses & ~(unsigned)LOOK_CHANGES);
	thread->held_count++;
}

/* Whether `text`, which the kernel gave for what `link` leads to, is all of its name; else it ends
 * with a mark that what had the name is deleted. */
static bool is_whole_name(const char *link, const char *text)
{
	struct stat named, led;
	return lstat(text, &named) == 0 && stat(link, &led) == 0 && named.st_dev == led.st_dev &&
	       named.st_ino == led.st_ino;
}

/* The place that a link of /proc leads to; false where it has none in the step's root. */
static bool read_place(struct observer *observer, const char *link, char place[PATH_MAX],
		       size_t *length)
{
	static const char deleted[] = " (deleted)";
	const size_t mark = sizeof(deleted) - 1;
	const ssize_t got = readlink(link, place, PATH_MAX - 1);
	if (got < 0 && errno != ENOENT)
		observer_fail(observer, "the place of an open folder could not be read");
	if (got <= 0 || place[0] != '/')
		return false;
	place[got] = '\0';
	*length = (size_t)got;
	/* What is deleted was looked at before. Its parent can still be reached. */
	if (*length > mark && strcmp(place + *length - mark, deleted) == 0 &&
	    !is_whole_name(link, place))
		*length -= mark;
	memmove(place, place + 1, --*length);
	place[*length] = '\0';
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
	hold(observer, &view, path, uses);
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
	hold(observer, &view, path, uses);
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

void observer_moves(struct observer *observer, pid_t tid, uint32_t serial)
{
	if (observer->mover_count == OBSERVER_MOVERS)
		return observer_fail(observer, "too many names were changed at once");
	observer->movers[observer->mover_count++] = (struct mover){ tid, serial };
}

void observer_folder_moves(struct observer *observer, const struct notice *notice,
			   const struct statx_timestamp *born)
{
	lookups_forget_kinds(&observer->lookups);
	if (!is_own(observer, born))
		return observer_fail(observer, "it moved a folder of its input");
	observer_moves(observer, notice->tid, observer->serial);
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
	const unsigned folder = LOOK_EXISTS | LOOK_FOLLOWED | LOOK_UNHELD;
	const unsigned file = LOOK_CONTENT | LOOK_FOLLOWED | LOOK_UNHELD;
	const struct notice nobody = { .tid = getpid() };
	for (size_t i = 0; i < lengthof(files); i++)
		observer_look(observer, &nobody, AT_FDCWD, files[i], file);
	observer_look(observer, &nobody, AT_FDCWD, plan->cwd, folder);
	for (size_t i = 0; i < plan->op_count; i++)
		observer_look(observer, &nobody, AT_FDCWD, plan->ops[i].target, folder);
}

void observer_begin(struct observer *observer, const struct plan *plan)
{
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
