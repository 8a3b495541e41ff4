/* The whole root file system of the runner's tests: one static program whose verbs look at what a
 * step can see and do. Each verb prints one fact on stdout and exits 0; on a failed system call it
 * prints its errno's name and exits 1. No part of the product. */
#include "probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

int failed(void)
{
	printf("%s\n", strerrorname_np(errno));
	return 1;
}

static int verb_cat(char **args)
{
	char buffer[65536];
	ssize_t n;
	int fd = open(args[0], O_RDONLY);
	if (fd < 0)
		return failed();
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(1, buffer, (size_t)n) != n)
			return failed();
	return n < 0 ? failed() : 0;
}

static int verb_write(char **args)
{
	int fd = open(args[0], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || write(fd, args[1], strlen(args[1])) < 0)
		return failed();
	return close(fd) < 0 ? failed() : 0;
}

static int verb_stat(char **args)
{
	struct stat st;
	if (lstat(args[0], &st) < 0)
		return failed();
	printf("%o %u:%u %lld %u:%u\n", st.st_mode, st.st_uid, st.st_gid, (long long)st.st_size,
	       major(st.st_rdev), minor(st.st_rdev));
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int verb_ls(char **args)
{
	struct dirent **names;
	int count = scandir(args[0], &names, NULL, by_name);
	if (count < 0)
		return failed();
	for (int i = 0; i < count; i++)
		if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
			printf("%s\n", names[i]->d_name);
	return 0;
}

static int verb_readlink(char **args)
{
	char target[4096];
	ssize_t n = readlink(args[0], target, sizeof(target));
	if (n < 0)
		return failed();
	printf("%.*s\n", (int)n, target);
	return 0;
}

static int verb_id(char **args)
{
	(void)args;
	gid_t groups[64];
	int count = getgroups(64, groups);
	printf("%u:%u", getuid(), getgid());
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	printf("\n");
	return 0;
}

static int verb_status(char **args)
{
	char line[512];
	FILE *file = fopen("/proc/self/status", "re");
	if (file == NULL)
		return failed();
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, args[0], strlen(args[0])) == 0)
			printf("%s", line);
	fclose(file);
	return 0;
}

static int verb_env(char **args)
{
	(void)args;
	for (char **at = environ; *at != NULL; at++)
		printf("%s\n", *at);
	return 0;
}

static int verb_pwd(char **args)
{
	char path[4096];
	(void)args;
	if (getcwd(path, sizeof(path)) == NULL)
		return failed();
	printf("%s\n", path);
	return 0;
}

static int verb_fds(char **args)
{
	(void)args;
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d\n", fd);
	return 0;
}

/* Types into the terminal on descriptor 0, as if its user had. */
static int verb_type(char **args)
{
	for (const char *at = args[0]; *at != '\0'; at++)
		if (ioctl(STDIN_FILENO, TIOCSTI, at) < 0)
			return failed();
	printf("typed\n");
	return 0;
}

static int verb_exit(char **args)
{
	return atoi(args[0]);
}

static int verb_kill(char **args)
{
	signal(atoi(args[0]), SIG_DFL);
	raise(atoi(args[0]));
	return 0;
}

static int verb_sleep(char **args)
{
	sleep((unsigned)atoi(args[0]));
	return 0;
}

static int verb_stubborn(char **args)
{
	signal(SIGTERM, SIG_IGN);
	printf("ready\n");
	fflush(stdout);
	return verb_sleep(args);
}

/* A grandchild in its own session that would live on; its name is its last argument. */
static int verb_daemon(char **args)
{
	int ends[2];
	char go;
	if (pipe(ends) < 0)
		return failed();
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			signal(SIGTERM, SIG_IGN);
			signal(SIGHUP, SIG_IGN);
			if (write(ends[1], "!", 1) == 1)
				execl("/probe", "probe", "sleep", "600", args[0], (char *)NULL);
			_exit(1);
		}
		_exit(0);
	}
	return read(ends[0], &go, 1) == 1 ? 0 : failed();
}

static int verb_connect(char **args)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(args[1])) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (inet_pton(AF_INET, args[0], &to.sin_addr) != 1)
		return 1;
	return fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? failed() : 0;
}

static int verb_syscall(char **args)
{
	long values[6] = { 0 };
	long number = strtol(args[0], NULL, 0);
	for (int i = 0; i < 6 && args[1 + i] != NULL; i++)
		values[i] = strtol(args[1 + i], NULL, 0);
	long result =
		syscall(number, values[0], values[1], values[2], values[3], values[4], values[5]);
	if (result < 0)
		return failed();
	printf("%ld\n", result);
	return 0;
}

/* getpid through the i386 entry, which has another table of calls. */
static int verb_compat(char **args)
{
	(void)args;
#if defined(__x86_64__)
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
	printf("%ld\n", result);
#endif
	return 0;
}

static int verb_open(char **args)
{
	int fd = open(args[0], strcmp(args[1], "w") == 0 ? O_WRONLY : O_RDONLY);
	return fd < 0 ? failed() : 0;
}

static int verb_mkdir(char **args)
{
	return mkdir(args[0], 0755) < 0 ? failed() : 0;
}

static int verb_chown(char **args)
{
	return lchown(args[0], (uid_t)atoi(args[1]), (gid_t)atoi(args[2])) < 0 ? failed() : 0;
}

static int verb_chmod(char **args)
{
	return chmod(args[0], (mode_t)strtol(args[1], NULL, 8)) < 0 ? failed() : 0;
}

static int verb_symlink(char **args)
{
	return symlink(args[0], args[1]) < 0 ? failed() : 0;
}

static int verb_link(char **args)
{
	return link(args[0], args[1]) < 0 ? failed() : 0;
}

static int verb_unlink(char **args)
{
	return (unlink(args[0]) < 0 && rmdir(args[0]) < 0) ? failed() : 0;
}

static int verb_mkfifo(char **args)
{
	return mkfifo(args[0], 0644) < 0 ? failed() : 0;
}

static int verb_mknod(char **args)
{
	mode_t type = strcmp(args[1], "b") == 0 ? S_IFBLK : S_IFCHR;
	dev_t device = makedev((unsigned)atoi(args[2]), (unsigned)atoi(args[3]));
	return mknod(args[0], type | 0666, device) < 0 ? failed() : 0;
}

static int verb_setxattr(char **args)
{
	return lsetxattr(args[0], args[1], args[2], strlen(args[2]), 0) < 0 ? failed() : 0;
}

/* Goes down a chain of `count` new folders named `name`. */
static int verb_deep(char **args)
{
	for (int i = atoi(args[1]); i > 0; i--)
		if (mkdir(args[0], 0755) < 0 || chdir(args[0]) < 0)
			return failed();
	return 0;
}

/* Performs several verbs: words up to each `,` are one. Stops at the first that fails. */
static int verb_all(char **args);

static const struct verb VERBS[] = {
	{ "cat", 1, verb_cat },		  { "write", 2, verb_write },
	{ "stat", 1, verb_stat },	  { "ls", 1, verb_ls },
	{ "readlink", 1, verb_readlink }, { "id", 0, verb_id },
	{ "status", 1, verb_status },	  { "env", 0, verb_env },
	{ "pwd", 0, verb_pwd },		  { "fds", 0, verb_fds },
	{ "type", 1, verb_type },	  { "exit", 1, verb_exit },
	{ "kill", 1, verb_kill },	  { "sleep", 1, verb_sleep },
	{ "stubborn", 1, verb_stubborn }, { "daemon", 1, verb_daemon },
	{ "connect", 2, verb_connect },	  { "syscall", 1, verb_syscall },
	{ "compat", 0, verb_compat },	  { "open", 2, verb_open },
	{ "mkdir", 1, verb_mkdir },	  { "chown", 3, verb_chown },
	{ "chmod", 2, verb_chmod },	  { "symlink", 2, verb_symlink },
	{ "link", 2, verb_link },	  { "unlink", 1, verb_unlink },
	{ "mkfifo", 1, verb_mkfifo },	  { "setxattr", 3, verb_setxattr },
	{ "deep", 2, verb_deep },	  { "mknod", 4, verb_mknod },
	{ "all", 1, verb_all },		  { NULL, 0, NULL },
};

static const struct verb *find(const struct verb *verbs, const char *name, int count)
{
	for (; verbs->name != NULL; verbs++)
		if (strcmp(verbs->name, name) == 0 && count >= verbs->args)
			return verbs;
	return NULL;
}

static int perform(char **words)
{
	int count = 0;
	while (words[0] != NULL && words[count + 1] != NULL)
		count++;
	const struct verb *verb = words[0] == NULL ? NULL : find(VERBS, words[0], count);
	if (verb == NULL && words[0] != NULL)
		verb = find(VERBS_OF_IDS, words[0], count);
	if (verb == NULL && words[0] != NULL)
		verb = find(VERBS_OF_PATHS, words[0], count);
	if (verb == NULL && words[0] != NULL)
		verb = find(VERBS_OF_ADVERSARIES, words[0], count);
	if (verb == NULL && words[0] != NULL)
		verb = find(VERBS_OF_TRACING, words[0], count);
	if (verb != NULL)
		return verb->perform(words + 1);
	fprintf(stderr, "probe: no such verb, or too few words for it\n");
	return 99;
}

static int verb_all(char **args)
{
	while (*args != NULL) {
		char **end = args;
		while (*end != NULL && strcmp(*end, ",") != 0)
			end++;
		char **next = *end == NULL ? end : end + 1;
		*end = NULL;
		int status = perform(args);
		fflush(stdout);
		if (status != 0)
			return status;
		args = next;
	}
	return 0;
}

int main(int argc, char **argv)
{
	(void)argc;
	return perform(argv + 1);
}
