/* Verbs that look paths up in roundabout ways, which who watches must see through. No part of the
 * product. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Prints the first line of an open file, and closes it. */
static int show(int fd)
{
	char line[64];
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line));
	if (n < 0)
		return failed();
	close(fd);
	printf("%.*s\n", (int)strcspn(line, "\n"), line);
	return 0;
}

static int verb_map(char **args)
{
	int fd = open(args[0], O_RDONLY);
	const char *text = fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return failed();
	printf("%c\n", *text);
	return 0;
}

/* Through the links of /proc/self and /dev/fd. */
static int verb_by_descriptor(char **args)
{
	char text[64];
	int fd = open(args[0], O_PATH);
	snprintf(text, sizeof(text), "%s/%d", args[1], fd);
	return fd < 0 ? failed() : show(open(text, O_RDONLY));
}

static int verb_from_folder(char **args)
{
	int folder = open(args[0], O_PATH | O_DIRECTORY);
	return folder < 0 ? failed() : show(openat(folder, args[1], O_RDONLY));
}

static int verb_chdir(char **args)
{
	return chdir(args[0]) < 0 ? failed() : 0;
}

/* A folder is moved while it is held open, and a path begins there. */
static int verb_from_moved(char **args)
{
	int folder = open(args[0], O_PATH | O_DIRECTORY);
	if (folder < 0 || rename(args[0], args[1]) < 0)
		return failed();
	return show(openat(folder, args[2], O_RDONLY));
}

static int verb_list_moved(char **args)
{
	char entries[4096];
	int folder = open(args[0], O_RDONLY | O_DIRECTORY);
	if (folder < 0 || rename(args[0], args[1]) < 0)
		return failed();
	return syscall(SYS_getdents64, folder, entries, sizeof(entries)) < 0 ? failed() : 0;
}

static void *read_in_thread(void *path)
{
	(void)show(open(path, O_RDONLY));
	return NULL;
}

static int verb_thread(char **args)
{
	pthread_t thread;
	return pthread_create(&thread, NULL, read_in_thread, args[0]) != 0 ||
			       pthread_join(thread, NULL) != 0
		       ? failed()
		       : 0;
}

/* A process in its own session, whose parents are gone when it reads. */
static int verb_daemon_reads(char **args)
{
	int ends[2];
	char go;
	if (pipe(ends) < 0)
		return failed();
	if (fork() == 0) {
		const pid_t between = setsid();
		if (fork() != 0)
			_exit(0);
		close(ends[0]);
		while (getppid() == between)
			usleep(1000);
		(void)show(open(args[0], O_RDONLY));
		fflush(stdout);
		_exit(write(ends[1], "!", 1) == 1 ? 0 : 1);
	}
	close(ends[1]);
	return read(ends[0], &go, 1) == 1 ? 0 : failed();
}

static int verb_vfork(char **args)
{
	int status;
	pid_t child = vfork();
	if (child == 0) {
		execv(args[0], args);
		_exit(7);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return failed();
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}

/* By its descriptor alone. */
static int verb_exec_open(char **args)
{
	int fd = open(args[0], O_PATH);
	char *const none[] = { NULL };
	if (fd >= 0)
		(void)syscall(SYS_execveat, fd, "", args, none, AT_EMPTY_PATH);
	return failed();
}

static int verb_chroot(char **args)
{
	return chroot(args[0]) < 0 || chdir("/") < 0 ? failed() : 0;
}

static int unix_socket(const char *path, int type, struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(name->sun_path, path, strlen(path) + 1);
	return socket(AF_UNIX, type, 0);
}

/* socket HOW PATH: connect, bind, sendto or sendmsg. */
static int verb_socket(char **args)
{
	struct sockaddr_un name;
	char byte = 0;
	const bool is_stream = strcmp(args[0], "connect") == 0 || strcmp(args[0], "bind") == 0;
	int fd = unix_socket(args[1], is_stream ? SOCK_STREAM : SOCK_DGRAM, &name);
	struct sockaddr *to = (struct sockaddr *)&name;
	struct iovec part = { &byte, 1 };
	const struct msghdr message = {
		.msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &part, .msg_iovlen = 1
	};
	long result = strcmp(args[0], "connect") == 0  ? connect(fd, to, sizeof(name))
		      : strcmp(args[0], "bind") == 0   ? bind(fd, to, sizeof(name))
		      : strcmp(args[0], "sendto") == 0 ? sendto(fd, &byte, 1, 0, to, sizeof(name))
						       : sendmsg(fd, &message, 0);
	if (result < 0)
		(void)failed();
	return 0;
}

/* look HOW PATH: one call of each kind that only looks. */
static int verb_look(char **args)
{
	char room[4096];
	struct stat st;
	struct statfs fs;
	struct statx stx;
	const char *how = args[0], *path = args[1];
	const long result =
		strcmp(how, "stat") == 0	 ? stat(path, &st)
		: strcmp(how, "lstat") == 0	 ? lstat(path, &st)
		: strcmp(how, "statx") == 0	 ? statx(AT_FDCWD, path, 0, STATX_ALL, &stx)
		: strcmp(how, "access") == 0	 ? access(path, F_OK)
		: strcmp(how, "faccessat2") == 0 ? syscall(439, AT_FDCWD, path, R_OK, AT_EACCESS)
		: strcmp(how, "readlink") == 0	 ? readlink(path, room, sizeof(room))
		: strcmp(how, "getxattr") == 0	 ? getxattr(path, "user.a", room, sizeof(room))
		: strcmp(how, "listxattr") == 0	 ? llistxattr(path, room, sizeof(room))
		: strcmp(how, "statfs") == 0	 ? statfs(path, &fs)
		: strcmp(how, "watch") == 0	? inotify_add_watch(inotify_init(), path, IN_MODIFY)
		: strcmp(how, "open") == 0	? open(path, O_RDONLY)
		: strcmp(how, "open-path") == 0 ? open(path, O_PATH | O_NOFOLLOW)
		: strcmp(how, "open-append") == 0 ? open(path, O_WRONLY | O_APPEND)
		: strcmp(how, "open-trunc") == 0  ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)
		: strcmp(how, "open-new") == 0	  ? open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)
						  : -1;
	if (result < 0)
		(void)failed();
	return 0;
}

/* own-filter ACTION: a filter of the step's own that lets everything through but utime (by ACTION).
 */
static int verb_own_filter(char **args)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_utimensat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, strcmp(args[0], "trace") == 0
						  ? SECCOMP_RET_TRACE
						  : SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return failed();
	return 0;
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

/* disturbed PATH COUNT [restart|strict]: looks at a path while signals come, without SA_RESTART or
 * with it; prints how often that failed, which fails it where it is strict. */
static int verb_disturbed(char **args)
{
	struct stat st;
	int wrong = 0;
	const char *how = args[2] == NULL ? "" : args[2];
	const struct sigaction action = { .sa_handler = on_alarm,
					  .sa_flags =
						  strcmp(how, "restart") == 0 ? SA_RESTART : 0 };
	const struct itimerval timer = { { 0, 300 }, { 0, 300 } };
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = atoi(args[1]); i > 0; i--)
		wrong += stat(args[0], &st) < 0;
	printf("%s %d\n", alarms > 0 ? "disturbed" : "quiet", wrong);
	return strcmp(how, "strict") == 0 && wrong > 0;
}

const struct verb VERBS_OF_PATHS[] = {
	{ "map", 1, verb_map },
	{ "by-descriptor", 2, verb_by_descriptor },
	{ "from-folder", 2, verb_from_folder },
	{ "chdir", 1, verb_chdir },
	{ "from-moved", 3, verb_from_moved },
	{ "list-moved", 2, verb_list_moved },
	{ "thread", 1, verb_thread },
	{ "daemon-reads", 1, verb_daemon_reads },
	{ "vfork", 1, verb_vfork },
	{ "exec-open", 1, verb_exec_open },
	{ "chroot", 1, verb_chroot },
	{ "socket", 2, verb_socket },
	{ "look", 2, verb_look },
	{ "own-filter", 1, verb_own_filter },
	{ "disturbed", 2, verb_disturbed },
	{ NULL, 0, NULL },
};
