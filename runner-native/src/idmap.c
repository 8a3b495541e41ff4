/* Implementation of idmap.h. Runs in the outer runner, as the calling user. */
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#define MAX_LINES 340 /* the kernel's own limit */

static int take(struct idmap_line **lines, size_t *count, char **args, struct err *err)
{
	uint64_t values[3];
	for (int i = 0; i < 3; i++) {
		int rc = word_number(args[i], 10, UINT32_MAX, &values[i], err);
		if (rc < 0)
			return rc;
	}
	if (*count == MAX_LINES)
		return fail(err, "E_RUNNER_WORDS", 0, "more than %d lines of an id map", MAX_LINES);
	struct idmap_line *line = array_push(lines, count, sizeof(*line));
	if (line == NULL)
		return fail(err, "E_RUNNER_WORDS", ENOMEM, "cannot hold the id maps");
	*line = (struct idmap_line){ (uint32_t)values[0], (uint32_t)values[1],
				     (uint32_t)values[2] };
	return 0;
}

int idmap_take_uid(struct idmap *map, char **args, struct err *err)
{
	return take(&map->uids, &map->uid_count, args, err);
}

int idmap_take_gid(struct idmap *map, char **args, struct err *err)
{
	return take(&map->gids, &map->gid_count, args, err);
}

void idmap_free(struct idmap *map)
{
	free(map->uids);
	free(map->gids);
	*map = (struct idmap){ 0 };
}

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct statfs fs;
	if (fd < 0)
		return -errno;
	/* What is written here decides who the step is: it must be the kernel that reads it. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return -ENXIO;
	return write_all(fd, text, strlen(text));
}

/* The kernel takes a map from us if we may set these ids (root), or for one line of our own id;
 * then setgroups must be given up before a gid map. -EPERM: the helper has to do it. */
static int write_directly(pid_t pid, const char *name, const struct idmap_line *lines, size_t count)
{
	char text[MAX_LINES * 33 + 1];
	size_t used = 0;
	bool gids = strcmp(name, "gid_map") == 0;
	uint32_t own = gids ? getegid() : geteuid();
	bool single = count == 1 && lines[0].count == 1 && lines[0].outside == own;
	if (!single && geteuid() != 0)
		return -EPERM;
	if (gids && geteuid() != 0) {
		int rc = write_proc(pid, "setgroups", "deny");
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u %u %u\n",
					 lines[i].inside, lines[i].outside, lines[i].count);
	return write_proc(pid, name, text);
}

/* Starts `program pid in out count ...`; its complaints go to our stderr. The process or -errno. */
static pid_t start_helper(const char *program, pid_t pid, const struct idmap_line *lines,
			  size_t count)
{
	char numbers[MAX_LINES * 3 + 1][12];
	char *argv[MAX_LINES * 3 + 3];
	char name[16];
	size_t used = 0;
	snprintf(name, sizeof(name), "%s", program);
	snprintf(numbers[0], sizeof(numbers[0]), "%d", (int)pid);
	argv[0] = name;
	argv[1] = numbers[0];
	for (size_t i = 0; i < count; i++) {
		const uint32_t triple[] = { lines[i].inside, lines[i].outside, lines[i].count };
		for (size_t k = 0; k < 3; k++) {
			used++;
			snprintf(numbers[used], sizeof(numbers[used]), "%u", triple[k]);
			argv[used + 1] = numbers[used];
		}
	}
	argv[used + 2] = NULL;
	pid_t child;
	int number = posix_spawnp(&child, program, NULL, NULL, argv, environ);
	return number == 0 ? child : -number;
}

static int wait_helper(const char *program, pid_t child, struct err *err)
{
	int status = 0;
	if (child < 0)
		return fail_step(err, STEP_IDMAP, -child,
				 child == -ENOENT ? "%s was not found" : "cannot start %s",
				 program);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return fail_step(err, STEP_IDMAP, errno, "cannot wait for %s", program);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return fail_step(err, STEP_IDMAP, EPERM, "%s refused the map", program);
}

int idmap_write(const struct idmap *map, pid_t pid, struct err *err)
{
	pid_t uid_helper = -1;
	pid_t gid_helper = -1;
	int uid_rc = write_directly(pid, "uid_map", map->uids, map->uid_count);
	int gid_rc = write_directly(pid, "gid_map", map->gids, map->gid_count);
	if (uid_rc < 0 && uid_rc != -EPERM)
		return fail_step(err, STEP_IDMAP, -uid_rc, "cannot write the uid map");
	if (gid_rc < 0 && gid_rc != -EPERM)
		return fail_step(err, STEP_IDMAP, -gid_rc, "cannot write the gid map");
	/* Both at once: each is a program to start, and the step waits for them. */
	if (uid_rc < 0)
		uid_helper = start_helper("newuidmap", pid, map->uids, map->uid_count);
	if (gid_rc < 0)
		gid_helper = start_helper("newgidmap", pid, map->gids, map->gid_count);
	struct err second = { 0 };
	uid_rc = uid_rc < 0 ? wait_helper("newuidmap", uid_helper, err) : 0;
	gid_rc = gid_rc < 0 ? wait_helper("newgidmap", gid_helper, uid_rc < 0 ? &second : err) : 0;
	return uid_rc < 0 ? uid_rc : gid_rc;
}
