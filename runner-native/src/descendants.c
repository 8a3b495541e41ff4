/* Implementation of descendants.h. */
#include "descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

/* Rounds of stopping; a bomb that is still ahead then is killed as far as it is known. */
#define MOST_ROUNDS 50

struct process {
	pid_t pid, parent;
	bool ours;
};

struct processes {
	struct process *list;
	size_t count;
};

int descendants_adopt(struct err *err)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot take the step's orphans over");
	return 0;
}

/* The parent of a process, from "PID (NAME) STATE PPID ..."; the name may hold anything. */
static pid_t parent_of(int proc, const char *pid)
{
	char path[32], text[512];
	uint64_t parent;
	snprintf(path, sizeof(path), "%.16s/stat", pid);
	cleanup_close int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	char *at = strrchr(text, ')');
	if (at == NULL || strlen(at) < 5)
		return -1;
	at += 4;
	at[strcspn(at, " ")] = '\0';
	return parse_number(at, 10, INT32_MAX, &parent) ? (pid_t)parent : -1;
}

static void list_processes(struct processes *all)
{
	struct dirent *entry;
	uint64_t pid;
	DIR *proc = opendir("/proc");
	*all = (struct processes){ 0 };
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		if (!parse_number(entry->d_name, 10, INT32_MAX, &pid))
			continue;
		struct process *slot = array_push(&all->list, &all->count, sizeof(*slot));
		if (slot != NULL)
			*slot = (struct process){ .pid = (pid_t)pid,
						  .parent = parent_of(dirfd(proc), entry->d_name) };
	}
	if (proc != NULL)
		closedir(proc);
}

static bool is_ours(const struct processes *all, pid_t pid)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].pid == pid)
			return all->list[i].ours;
	return false;
}

/* Marks those that descend from this process, generation by generation. */
static void mark_ours(struct processes *all)
{
	const pid_t self = getpid();
	for (bool found = true; found;) {
		found = false;
		for (size_t i = 0; i < all->count; i++) {
			struct process *at = &all->list[i];
			if (at->ours || (at->parent != self && !is_ours(all, at->parent)))
				continue;
			at->ours = found = true;
		}
	}
}

/* The user whose a process is; false where it is gone. */
static bool owner_of(pid_t pid, uid_t *owner)
{
	char path[32], text[1024];
	uint64_t number;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	cleanup_close int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	if (length <= 0)
		return false;
	text[length] = '\0';
	char *at = strstr(text, "\nUid:\t");
	if (at == NULL)
		return false;
	at += strlen("\nUid:\t");
	at[strcspn(at, "\t")] = '\0';
	if (!parse_number(at, 10, UINT32_MAX - 1, &number))
		return false;
	*owner = (uid_t)number;
	return true;
}

/* Where a container withholds CAP_KILL, root may not signal the process of another user; a child
 * that has become that user may. */
static bool signal_as_owner(pid_t pid, int number)
{
	uid_t owner;
	int status;
	pid_t child = owner_of(pid, &owner) ? fork() : -1;
	if (child == 0)
		_exit(setresuid(owner, owner, owner) == 0 && kill(pid, number) == 0 ? 0 : 1);
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool signal_one(pid_t pid, int number)
{
	return kill(pid, number) == 0 || (errno == EPERM && signal_as_owner(pid, number));
}

/* Sends `number` to every descendant; how many there were. A number cannot become another's
 * meanwhile: what descends from us stays a zombie until we reap it, or is seen a moment too
 * late. */
static size_t signal_all(int number)
{
	struct processes all;
	size_t count = 0;
	list_processes(&all);
	mark_ours(&all);
	for (size_t i = 0; i < all.count; i++)
		if (all.list[i].ours && signal_one(all.list[i].pid, number))
			count++;
	free(all.list);
	return count;
}

void descendants_kill(void)
{
	size_t before = 0;
	for (int round = 0; round < MOST_ROUNDS; round++) {
		size_t now = signal_all(SIGSTOP);
		if (now <= before)
			break;
		before = now;
	}
	signal_all(SIGKILL);
}

void descendants_end(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return;
		if (pid != 0)
			continue;
		descendants_kill();
		(void)nanosleep(&pause, NULL);
	}
}
