/* Verbs that try to look something up unseen, or while it changes. No part of the product. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_MEMFD_SECRET 447
#define NR_GETXATTRAT	464

/* The result of a call that only looks: its errno, or nothing. */
static int told(long result)
{
	if (result < 0)
		(void)failed();
	return 0;
}

/* A path in memory that only its process can read. */
static int verb_secret(char **args)
{
	struct stat st;
	int fd = (int)syscall(NR_MEMFD_SECRET, 0);
	char *path = MAP_FAILED;
	if (fd >= 0 && ftruncate(fd, 4096) == 0)
		path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (path == MAP_FAILED)
		return failed();
	strcpy(path, args[0]);
	return told(stat(path, &st));
}

/* The working folder, by no path at all. */
static int verb_stat_here(char **args)
{
	struct stat st;
	(void)args;
	return told(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
}

/* confined FOLDER PATH HOW, by openat2: root, beneath, links, magic or mounts. */
static int verb_confined(char **args)
{
	char text[64];
	const uint64_t resolve = strcmp(args[2], "root") == 0	   ? RESOLVE_IN_ROOT
				 : strcmp(args[2], "beneath") == 0 ? RESOLVE_BENEATH
				 : strcmp(args[2], "links") == 0   ? RESOLVE_NO_SYMLINKS
				 : strcmp(args[2], "magic") == 0   ? RESOLVE_NO_MAGICLINKS
								   : RESOLVE_NO_XDEV;
	struct open_how how = { .resolve = resolve };
	int folder = open(args[0], O_PATH | O_DIRECTORY);
	int fd = (int)syscall(SYS_openat2, folder, args[1], &how, sizeof(how));
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (length < 0)
		return told(-1);
	printf("%.*s", (int)length, text);
	return 0;
}

/* Executes a file through a link to one of its own descriptors. */
static int verb_exec_by_link(char **args)
{
	char text[64];
	int fd = open(args[0], O_RDONLY);
	snprintf(text, sizeof(text), "/proc/self/fd/%d", fd);
	if (fd < 0 || symlink(text, args[1]) < 0)
		return failed();
	execv(args[1], args);
	return failed();
}

/* Executes a copy in memory. */
static int verb_exec_memory(char **args)
{
	char buffer[65536];
	ssize_t length;
	char *const none[] = { NULL };
	int from = open("/proc/self/exe", O_RDONLY), to = memfd_create("copy", 0);
	while ((length = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)length) != length)
			return failed();
	(void)syscall(SYS_execveat, to, "", args - 1, none, AT_EMPTY_PATH);
	return failed();
}

static int verb_spawn(char **args)
{
	pid_t child;
	int status;
	char *const none[] = { NULL };
	errno = posix_spawn(&child, args[0], NULL, NULL, args, none);
	if (errno != 0 || waitpid(child, &status, 0) < 0)
		return failed();
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}

static int read_elsewhere(void *args)
{
	char byte;
	char **words = args;
	int fd = chdir(words[0]) < 0 ? -1 : open(words[1], O_RDONLY);
	_exit(fd >= 0 && read(fd, &byte, 1) == 1 ? 0 : 1);
}

/* elsewhere FOLDER PATH: a task with our memory and descriptors, but a working folder of its own.
 */
static int verb_elsewhere(char **args)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t child = clone(read_elsewhere, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD,
			    args);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return failed();
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}

static void *go_elsewhere(void *folder)
{
	return chdir(folder) < 0 ? folder : NULL;
}

/* gone FOLDER PATH: another thread changes the working folder that all threads share. */
static int verb_gone(char **args)
{
	pthread_t thread;
	void *wrong;
	struct stat st;
	if (pthread_create(&thread, NULL, go_elsewhere, args[0]) != 0 ||
	    pthread_join(thread, &wrong) != 0 || wrong != NULL)
		return failed();
	return told(stat(args[1], &st));
}

/* A datagram to no family of addresses, which is the internet's all the same. */
static int verb_unspecified(char **args)
{
	struct sockaddr_storage to = { .ss_family = AF_UNSPEC };
	(void)args;
	return told(sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&to, 16));
}

/* Several messages to the sockets that are named. */
static int verb_messages(char **args)
{
	struct sockaddr_un names[8];
	struct mmsghdr messages[8];
	char byte = 0;
	struct iovec part = { &byte, 1 };
	unsigned count = 0;
	for (; args[count] != NULL && count < 8; count++) {
		names[count] = (struct sockaddr_un){ .sun_family = AF_UNIX };
		strncpy(names[count].sun_path, args[count], sizeof(names[count].sun_path) - 1);
		messages[count] = (struct mmsghdr){ .msg_hdr = { .msg_name = &names[count],
								 .msg_namelen = sizeof(names[0]),
								 .msg_iov = &part,
								 .msg_iovlen = 1 } };
	}
	return told(sendmmsg(socket(AF_UNIX, SOCK_DGRAM, 0), messages, count, 0));
}

/* touched HOW PATH [PATH]: calls that change a name or what it names. */
static int verb_touched(char **args)
{
	const char *how = args[0], *path = args[1], *other = args[2];
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + 128];
	} file = { .handle = { .handle_bytes = 128 } };
	int mount;
	if (strcmp(how, "times") == 0)
		return told(utimensat(AT_FDCWD, path, NULL, 0));
	if (strcmp(how, "handle") == 0)
		return told(name_to_handle_at(AT_FDCWD, path, &file.handle, &mount, 0));
	if (strcmp(how, "truncate") == 0)
		return told(truncate(path, 3));
	if (strcmp(how, "attribute") == 0)
		return told(syscall(NR_GETXATTRAT, AT_FDCWD, path, 0, "user.a", NULL, 0));
	if (strcmp(how, "exchange") == 0)
		return told(renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE));
	if (strcmp(how, "link-open") == 0)
		return told(linkat(open(path, O_PATH), "", AT_FDCWD, other, AT_EMPTY_PATH));
	if (strcmp(how, "copy") == 0)
		return told(copy_file_range(open(path, O_RDONLY), NULL,
					    open(other, O_WRONLY | O_CREAT, 0600), NULL, 4, 0));
	return 99;
}

typedef void race_step(const char *prefix, int round);

static void name_of(char text[64], const char *prefix, const char *what, int round)
{
	snprintf(text, 64, "%s%s%d", prefix, what, round);
}

/* What the first process does while the second one looks. */
static void race_link(const char *prefix, int round)
{
	char target[64], link[64];
	name_of(target, prefix, "x", round);
	name_of(link, prefix, "l", round);
	(void)!symlink(target, link);
}

static void race_folder(const char *prefix, int round)
{
	char old[64], new[64], target[64], link[72];
	name_of(old, prefix, "old", round);
	name_of(new, prefix, "l", round);
	name_of(target, prefix, "x", round);
	snprintf(link, sizeof(link), "%s/l", old);
	if (mkdir(old, 0755) == 0 && symlink(target, link) == 0)
		(void)!rename(old, new);
}

/* Looks until it is there; executes it where it is a program. */
static void await(const char *path, bool is_program)
{
	char byte;
	char *const args[] = { (char *)(uintptr_t)path, NULL };
	int fd;
	if (is_program)
		for (;;)
			execv(path, args);
	while ((fd = open(path, O_RDONLY)) < 0)
		;
	(void)!read(fd, &byte, 1);
	_exit(0);
}

/* race KIND PREFIX ROUNDS: a process makes `l` and makes no other call of a path, while another
 * looks it up without pause until it is there. */
static int verb_race(char **args)
{
	const bool is_folder = strcmp(args[0], "folder") == 0;
	race_step *step = is_folder ? race_folder : race_link;
	for (int round = 0; round < atoi(args[2]); round++) {
		char path[72];
		int status;
		name_of(path, args[1], "l", round);
		if (is_folder)
			strcat(path, "/l");
		pid_t child = fork();
		if (child == 0)
			await(path, strcmp(args[0], "program") == 0);
		for (volatile int i = 0; i < (round % 16) * 4000; i++)
			;
		step(args[1], round);
		waitpid(child, &status, 0);
	}
	return 0;
}

/* forks COUNT PATH: as many processes as that, all alive at once, which all look. Says when they
 * have, and waits for its end. */
static int verb_forks(char **args)
{
	struct stat st;
	int ends[2], count = 0;
	char byte;
	if (pipe(ends) < 0)
		return failed();
	for (; count < atoi(args[0]); count++) {
		pid_t child = fork();
		if (child < 0)
			break;
		if (child > 0)
			continue;
		char path[64];
		snprintf(path, sizeof(path), "%s/%d", args[1], count);
		for (int i = 0; i < 5; i++)
			(void)stat(path, &st);
		(void)!write(ends[1], "x", 1);
		pause();
	}
	for (int i = 0; i < count; i++)
		(void)!read(ends[0], &byte, 1);
	printf("%d looked\n", count);
	fflush(stdout);
	return pause();
}

/* names COUNT FOLDER: looks at as many names that are not there, says so, and waits for its end. */
static int verb_names(char **args)
{
	struct stat st;
	char path[128];
	for (int i = 0; i < atoi(args[0]); i++) {
		snprintf(path, sizeof(path), "%s/name-%d", args[1], i);
		(void)stat(path, &st);
	}
	printf("%s looked\n", args[0]);
	fflush(stdout);
	return pause();
}

const struct verb VERBS_OF_ADVERSARIES[] = {
	{ "secret", 1, verb_secret },
	{ "stat-here", 0, verb_stat_here },
	{ "confined", 3, verb_confined },
	{ "exec-by-link", 2, verb_exec_by_link },
	{ "exec-memory", 1, verb_exec_memory },
	{ "spawn", 1, verb_spawn },
	{ "elsewhere", 2, verb_elsewhere },
	{ "gone", 2, verb_gone },
	{ "unspecified", 0, verb_unspecified },
	{ "messages", 1, verb_messages },
	{ "touched", 2, verb_touched },
	{ "race", 3, verb_race },
	{ "forks", 2, verb_forks },
	{ "names", 2, verb_names },
	{ NULL, 0, NULL },
};
