/* Verbs that ask for other users, and that try to trick who answers for them. No part of the
 * product. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 0);
}

static int verb_ids(char **args)
{
	uid_t r, e, s;
	gid_t groups[64];
	(void)args;
	if (getresuid(&r, &e, &s) < 0)
		return failed();
	printf("%u,%u,%u,%u ", r, e, s, (unsigned)setfsuid((uid_t)-1));
	if (getresgid(&r, &e, &s) < 0)
		return failed();
	printf("%u,%u,%u,%u", r, e, s, (unsigned)setfsgid((gid_t)-1));
	int count = getgroups(64, groups);
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	printf("\n");
	return 0;
}

/* set WHICH ID...: tells of a refusal, and goes on. */
static int verb_set(char **args)
{
	unsigned a[3] = { 0 };
	gid_t groups[3];
	size_t count = 0;
	for (; count < 3 && args[1 + count] != NULL; count++)
		groups[count] = a[count] = number(args[1 + count]);
	const struct {
		const char *name;
		long call;
	} calls[] = {
		{ "uid", SYS_setuid },	   { "gid", SYS_setgid },	{ "reuid", SYS_setreuid },
		{ "regid", SYS_setregid }, { "resuid", SYS_setresuid }, { "resgid", SYS_setresgid },
		{ "fsuid", SYS_setfsuid }, { "fsgid", SYS_setfsgid },
	};
	long rc = -1;
	if (strcmp(args[0], "groups") == 0)
		rc = syscall(SYS_setgroups, count, groups);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(args[0], calls[i].name) == 0)
			rc = syscall(calls[i].call, a[0], a[1], a[2]);
	if (rc < 0)
		(void)failed();
	return 0;
}

static int verb_keepcaps(char **args)
{
	(void)args;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? failed() : 0;
}

static int verb_umask(char **args)
{
	umask((mode_t)strtol(args[0], NULL, 8));
	return 0;
}

static int verb_exec(char **args)
{
	execv(args[0], args);
	return failed();
}

/* The verbs that follow in a child, whose end is waited for. */
static int verb_fork(char **args)
{
	int status = 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		execv("/proc/self/exe", args);
		_exit(99);
	}
	return waitpid(pid, &status, 0) < 0 ? failed() : WEXITSTATUS(status);
}

static int verb_nameless(char **args)
{
	char link[64];
	int fd = open(args[0], O_TMPFILE | O_RDWR, 0640);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return fd < 0 || linkat(AT_FDCWD, link, AT_FDCWD, args[1], AT_SYMLINK_FOLLOW) < 0 ? failed()
											  : 0;
}

static int verb_openat2(char **args)
{
	const struct open_how how = { .flags = O_CREAT | O_EXCL | O_WRONLY, .mode = 0604 };
	return syscall(SYS_openat2, AT_FDCWD, args[0], &how, sizeof(how)) < 0 ? failed() : 0;
}

/* All ways to look at one file, which must agree. */
static int verb_looks(char **args)
{
	struct stat one, two, three;
	struct statx four;
	int fd = open(args[0], O_RDONLY);
	if (fd < 0 || stat(args[0], &one) < 0 || fstat(fd, &two) < 0 ||
	    syscall(SYS_newfstatat, fd, "", &three, AT_EMPTY_PATH) < 0 ||
	    statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &four) < 0)
		return failed();
	printf("%u:%u %u:%u %u:%u %u:%u\n", one.st_uid, one.st_gid, two.st_uid, two.st_gid,
	       three.st_uid, three.st_gid, four.stx_uid, four.stx_gid);
	return 0;
}

static int verb_access(char **args)
{
	return access(args[0], (int)number(args[1])) < 0 ? failed() : 0;
}

static int verb_xattrs(char **args)
{
	char names[1024];
	ssize_t length = llistxattr(args[0], names, sizeof(names));
	if (length < 0)
		return failed();
	for (const char *name = names; name < names + length; name += strlen(name) + 1)
		printf("%s ", name);
	printf("%zd %zd\n", length, llistxattr(args[0], NULL, 0));
	errno = 0;
	if (length > 1 && llistxattr(args[0], names, (size_t)length - 1) >= 0)
		printf("too much\n");
	return 0;
}

static int verb_rename(char **args)
{
	return rename(args[0], args[1]) < 0 ? failed() : 0;
}

static int verb_truncate(char **args)
{
	return truncate(args[0], 0) < 0 ? failed() : 0;
}

/* times PATH now|SECONDS */
static int verb_times(char **args)
{
	const struct timespec at = { .tv_sec = (time_t)number(args[1]) };
	const struct timespec times[2] = { at, at };
	const struct timespec *given = strcmp(args[1], "now") == 0 ? NULL : times;
	return utimensat(AT_FDCWD, args[0], given, 0) < 0 ? failed() : 0;
}

/* A file in memory and a socket, which are one's own from the start. */
static int verb_own_things(char **args)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int memory = memfd_create("x", 0);
	int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strncpy(name.sun_path, args[0], sizeof(name.sun_path) - 1);
	if (memory < 0 || fchmod(memory, 0600) < 0)
		return failed();
	if (bind(socket_fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    chmod(args[0], 0777) < 0 || unlink(args[0]) < 0)
		return failed();
	return 0;
}

static int verb_killall(char **args)
{
	(void)args;
	kill(-1, SIGKILL);
	printf("alive\n");
	return 0;
}

/* A filter of one's own: a listener of one's own is refused, an errno of one's own counts. */
static int verb_filter(char **args)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };
	(void)args;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed();
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    &program) >= 0)
		printf("a listener\n");
	else
		(void)failed();
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ||
	    syscall(SYS_getuid) >= 0)
		return failed();
	(void)failed();
	printf("%u\n", geteuid());
	return 0;
}

static char flipped[256];
static const char *sides[2];
static volatile int done;

static void *flip(void *unused)
{
	for (unsigned i = 0; !done; i++) {
		/* One byte at a time, so that every mixture of the two is seen too. */
		const char *side = sides[i % 2];
		size_t length = strlen(side) + 1;
		for (size_t k = 0; k < length; k++)
			flipped[k] = side[k];
	}
	return unused;
}

/* flip-open A B SECONDS: opens to make and write a name that another thread flips between A and B.
 * No descriptor that comes of it may be anything but a plain file. */
static int verb_flip_open(char **args)
{
	pthread_t thread;
	unsigned made = 0, odd = 0;
	sides[0] = args[0];
	sides[1] = args[1];
	memcpy(flipped, args[0], strlen(args[0]) + 1);
	if (pthread_create(&thread, NULL, flip, NULL) != 0)
		return failed();
	for (unsigned i = 0; i < number(args[2]); i++) {
		struct stat st;
		struct statfs fs;
		int fd = open(flipped, O_RDWR | O_CREAT | (i % 2 == 0 ? O_EXCL : 0), 0600);
		if (chown(flipped, i % 7, i % 5) == 0)
			made += fd < 0;
		if (fd < 0)
			continue;
		if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0 || !S_ISREG(st.st_mode) ||
		    fs.f_type == PROC_SUPER_MAGIC)
			odd++;
		made++;
		close(fd);
		unlink(args[0]);
	}
	done = 1;
	pthread_join(thread, NULL);
	printf("%s %u\n", made > 0 ? "some" : "none", odd);
	return 0;
}

static void *storm(void *count)
{
	struct stat st;
	for (unsigned i = 0; i < *(unsigned *)count; i++) {
		(void)syscall(SYS_getuid);
		(void)stat("/probe", &st);
		(void)chown("/storm", i % 1000, i % 1000);
		(void)syscall(SYS_setresuid, 0, i % 5000, 0);
		(void)syscall(SYS_setresuid, 0, 0, 0);
	}
	return NULL;
}

/* storm COUNT: from eight threads and as many processes. */
static int verb_storm(char **args)
{
	unsigned count = number(args[0]);
	for (int i = 0; i < 7; i++)
		if (fork() == 0)
			break;
	pthread_t threads[8];
	for (int i = 0; i < 8; i++)
		if (pthread_create(&threads[i], NULL, storm, &count) != 0)
			return failed();
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	while (wait(NULL) > 0)
		;
	return 0;
}

/* Threads die while they wait for an answer. */
static int verb_die_waiting(char **args)
{
	for (unsigned i = 0; i < number(args[0]); i++) {
		pid_t pid = fork();
		if (pid == 0)
			for (;;) {
				int fd = open("/tmp/dying", O_RDWR | O_CREAT, 0600);
				(void)chown("/tmp/dying", i, i);
				close(fd);
				unlink("/tmp/dying");
			}
		usleep(i % 10 * 100);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

const struct verb VERBS_OF_IDS[] = {
	{ "xattrs", 1, verb_xattrs },
	{ "ids", 0, verb_ids },
	{ "set", 2, verb_set },
	{ "keepcaps", 0, verb_keepcaps },
	{ "umask", 1, verb_umask },
	{ "exec", 1, verb_exec },
	{ "fork", 1, verb_fork },
	{ "nameless", 2, verb_nameless },
	{ "openat2", 1, verb_openat2 },
	{ "looks", 1, verb_looks },
	{ "access", 2, verb_access },
	{ "rename", 2, verb_rename },
	{ "truncate", 1, verb_truncate },
	{ "times", 2, verb_times },
	{ "own-things", 1, verb_own_things },
	{ "killall", 0, verb_killall },
	{ "filter", 0, verb_filter },
	{ "flip-open", 3, verb_flip_open },
	{ "storm", 1, verb_storm },
	{ "die-waiting", 1, verb_die_waiting },
	{ NULL, 0, NULL },
};
