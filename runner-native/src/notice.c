/* Implementation of notice.h. */
#include "notice.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "borrow.h"
#include "sys.h"

#define SMALLEST_PAGE 4096
#define USUAL_PATH    256 /* divides PATH_MAX; longer ones are read in parts */

bool notice_receive(int listener, struct notice *notice)
{
	/* The kernel's own may be longer one day; it refuses one that is not all zeros. */
	union {
		struct seccomp_notif notif;
		char room[512];
	} received;
	memset(&received, 0, sizeof(received));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &received) < 0)
		return false;
	const struct seccomp_notif *notif = &received.notif;
	*notice = (struct notice){ .listener = listener,
				   .id = notif->id,
				   .tid = (pid_t)notif->pid,
				   .number = (uint32_t)notif->data.nr };
	for (size_t i = 0; i < lengthof(notice->args); i++)
		notice->args[i] = notif->data.args[i];
	return true;
}

void notice_answer(const struct notice *notice, struct answer answer)
{
	union {
		struct seccomp_notif_resp resp;
		char room[512];
	} response;
	memset(&response, 0, sizeof(response));
	response.resp.id = notice->id;
	if (answer.kind == ANSWER_GIVEN)
		return;
	if (answer.kind == ANSWER_PERFORM)
		response.resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (answer.value < 0)
		response.resp.error = (int)answer.value;
	else
		response.resp.val = answer.value;
	/* Fails where the caller has died: nobody waits any more. */
	(void)ioctl(notice->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

bool notice_stands(const struct notice *notice)
{
	/* A process that is traced waits until it is told to go on. */
	return notice->listener < 0 ||
	       ioctl(notice->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notice->id) == 0;
}

struct answer notice_give(const struct notice *notice, int fd, bool close_on_exec)
{
	struct seccomp_notif_addfd addfd = {
		.id = notice->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (uint32_t)fd,
		.newfd_flags = close_on_exec ? O_CLOEXEC : 0,
	};
	if (ioctl(notice->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd) >= 0)
		return (struct answer){ ANSWER_GIVEN, 0 };
	if (errno != EINVAL)
		return answer_value(-errno);
	/* Before Linux 5.14: in two steps. */
	addfd.flags = 0;
	int given = ioctl(notice->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
	return answer_value(given < 0 ? -errno : given);
}

/* By the other door, where a container's filter has closed the first one, or no capability opens
 * it: another user's process is that user's to read. A descriptor or -1. */
static int open_memory(const struct notice *notice, int access)
{
	char name[32];
	snprintf(name, sizeof(name), "%d/mem", (int)notice->tid);
	int memory = open(name, access | O_CLOEXEC);
	if (memory >= 0 || !notice->borrows || borrow_begin(notice->tid) < 0)
		return memory;
	memory = open(name, access | O_CLOEXEC);
	const int failure = errno;
	borrow_end();
	errno = failure;
	return memory;
}

static int read_by_file(const struct notice *notice, uint64_t address, void *to, size_t length)
{
	cleanup_close int memory = open_memory(notice, O_RDONLY);
	return memory >= 0 && pread(memory, to, length, (off_t)address) == (ssize_t)length
		       ? 0
		       : -EFAULT;
}

/* Beside the step are others' processes, and its number might be one of theirs by now: what is held
 * open is the caller's if it still waits. */
static int write_by_file(const struct notice *notice, uint64_t address, const void *from,
			 size_t length)
{
	cleanup_close int memory = open_memory(notice, O_WRONLY);
	return memory >= 0 && notice_stands(notice) &&
			       pwrite(memory, from, length, (off_t)address) == (ssize_t)length
		       ? 0
		       : -EFAULT;
}

int notice_read(const struct notice *notice, uint64_t address, void *to, size_t length)
{
	const struct iovec local = { to, length };
	const struct iovec remote = { (void *)(uintptr_t)address, length };
	if (process_vm_readv(notice->tid, &local, 1, &remote, 1, 0) == (ssize_t)length)
		return 0;
	return errno == EPERM || errno == ENOSYS ? read_by_file(notice, address, to, length)
						 : -EFAULT;
}

int notice_write(const struct notice *notice, uint64_t address, const void *from, size_t length)
{
	const struct iovec local = { (void *)(uintptr_t)from, length };
	const struct iovec remote = { (void *)(uintptr_t)address, length };
	if (notice->borrows)
		return write_by_file(notice, address, from, length);
	return process_vm_writev(notice->tid, &local, 1, &remote, 1, 0) == (ssize_t)length
		       ? 0
		       : -EFAULT;
}

int notice_read_path(const struct notice *notice, uint64_t address, char path[PATH_MAX])
{
	size_t used = 0;
	while (used < PATH_MAX) {
		/* Never over the end of a page: the next one may not be there. */
		size_t part = SMALLEST_PAGE - (address + used) % SMALLEST_PAGE;
		if (part > USUAL_PATH)
			part = USUAL_PATH;
		if (notice_read(notice, address + used, path + used, part) < 0)
			return -EFAULT;
		const char *end = memchr(path + used, '\0', part);
		if (end != NULL)
			return (int)(end - path);
		used += part;
	}
	return -ENAMETOOLONG;
}

void located_close(struct located *place)
{
	cleanup_close_fn(&place->held);
}

/* The rest of `path` after `start`, if it is that or goes below it. */
static const char *after(const char *path, const char *start)
{
	size_t length = strlen(start);
	if (strncmp(path, start, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length;
}

/* Names that mean the one who uses them. Links that lead to these are not seen through: they show
 * pid 1's, which has nothing there. */
static int name_of_self(const struct notice *notice, const char *path, char *text, size_t room)
{
	static const struct {
		const char *start, *meaning;
	} names[] = {
		{ "/proc/self", "" },	   { "/proc/thread-self", "" }, { "/dev/fd", "/fd" },
		{ "/dev/stdin", "/fd/0" }, { "/dev/stdout", "/fd/1" },	{ "/dev/stderr", "/fd/2" },
	};
	for (size_t i = 0; i < lengthof(names); i++) {
		const char *rest = after(path, names[i].start);
		if (rest != NULL)
			return snprintf(text, room, "%d%s%s", (int)notice->tid, names[i].meaning,
					rest);
	}
	return snprintf(text, room, "%s", path);
}

/* A caller that has changed its root: the path is walked inside of that one. */
static int locate_in_root(int root, const char *path, bool follow, struct located *place)
{
	place->held = sys_openat2(root, path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW), 0,
				  RESOLVE_IN_ROOT);
	if (place->held < 0)
		return -errno;
	place->follow = true;
	memcpy(place->text, notice_fd_path(place->held).text, sizeof(struct fd_path));
	return 0;
}

/* The caller's root, where it is not ours; -1 where it is. */
static int other_root(const struct notice *notice)
{
	struct stat theirs, ours;
	char link[32];
	snprintf(link, sizeof(link), "%d/root", (int)notice->tid);
	if (!notice->changed_roots || stat(link, &theirs) < 0 || stat("/", &ours) < 0 ||
	    (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino))
		return -1;
	return open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int notice_locate(const struct notice *notice, int dirfd, const char *path, bool follow,
		  struct located *place)
{
	int length;
	const size_t room = sizeof(place->text);
	place->follow = follow;
	place->held = -1;
	if (*path == '/') {
		cleanup_close int root = other_root(notice);
		if (root >= 0)
			return locate_in_root(root, path, follow, place);
		length = name_of_self(notice, path, place->text, room);
	} else if (dirfd == AT_FDCWD) {
		length = snprintf(place->text, room, "%d/cwd/%s", (int)notice->tid, path);
	} else if (dirfd < 0) {
		return -EBADF;
	} else {
		/* A descriptor is a magic link: followed once, to the very file it has open. */
		if (*path == '\0')
			place->follow = true;
		length = snprintf(place->text, room, "%d/fd/%d%s%s", (int)notice->tid, dirfd,
				  *path == '\0' ? "" : "/", path);
	}
	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int notice_open(const struct notice *notice, const struct located *place, int flags)
{
	cleanup_close int fd =
		open(place->text, O_PATH | O_CLOEXEC | flags | (place->follow ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return -errno;
	return notice_stands(notice) ? steal_fd(&fd) : -ESRCH;
}

struct fd_path notice_fd_path(int fd)
{
	struct fd_path path;
	snprintf(path.text, sizeof(path.text), "self/fd/%d", fd);
	return path;
}
