/* Implementation of shell_builtins.h. */
#include "shell_builtins.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "dirlist.h"

volatile int shell_interrupted;

static int complain(const char *command, const char *subject, int number)
{
	fprintf(stderr, "%s: %s: %s\n", command, subject, strerror(number));
	return 1;
}

static int run_cat(char **args)
{
	char buffer[65536];
	int status = 0;
	fflush(stdout);
	for (char **path = args + 1; *path != NULL && !shell_interrupted; path++) {
		cleanup_close int fd = open(*path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		ssize_t n = fd < 0 ? -1 : 0;
		while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0 && !shell_interrupted)
			if (write_all(STDOUT_FILENO, buffer, (size_t)n) < 0)
				return 1;
		if (n < 0)
			status = complain("cat", *path, errno);
	}
	return status;
}

static int run_cd(char **args)
{
	const char *home = getenv("HOME");
	const char *path = args[1] != NULL ? args[1] : home != NULL ? home : "/";
	return chdir(path) < 0 ? complain("cd", path, errno) : 0;
}

static int run_echo(char **args)
{
	for (char **word = args + 1; *word != NULL; word++)
		printf("%s%s", word == args + 1 ? "" : " ", *word);
	printf("\n");
	return 0;
}

static int run_env(char **args __attribute__((unused)))
{
	for (char **variable = environ; *variable != NULL; variable++)
		printf("%s\n", *variable);
	return 0;
}

static int run_export(char **args)
{
	for (char **word = args + 1; *word != NULL; word++) {
		char *equals = strchr(*word, '=');
		if (equals == NULL || equals == *word) {
			fprintf(stderr, "export: %s: write NAME=VALUE\n", *word);
			return 1;
		}
		*equals = '\0';
		if (setenv(*word, equals + 1, 1) < 0)
			return complain("export", *word, errno);
	}
	return 0;
}

static int run_id(char **args __attribute__((unused)))
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);
	printf("uid=%u gid=%u groups=", getuid(), getgid());
	for (int i = 0; i < count; i++)
		printf("%s%u", i == 0 ? "" : ",", groups[i]);
	printf("\n");
	return 0;
}

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '-';
	}
}

/* Names are the image's: what would move the cursor is shown as `?`. */
static void print_name(const char *name)
{
	for (; *name != '\0'; name++)
		putchar((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name);
}

static int list_entry(int dir, const char *name, bool is_long)
{
	struct stat st;
	char target[PATH_MAX];
	if (!is_long) {
		print_name(name);
		putchar('\n');
		return 0;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return complain("ls", name, errno);
	printf("%c%04o %5u %5u %10lld ", type_letter(st.st_mode), st.st_mode & 07777, st.st_uid,
	       st.st_gid, (long long)st.st_size);
	print_name(name);
	ssize_t length =
		S_ISLNK(st.st_mode) ? readlinkat(dir, name, target, sizeof(target) - 1) : -1;
	if (length >= 0) {
		target[length] = '\0';
		printf(" -> ");
		print_name(target);
	}
	putchar('\n');
	return 0;
}

static int list(const char *path, bool is_long)
{
	struct dirlist entries = { 0 };
	struct stat st;
	int status = 0;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return list_entry(AT_FDCWD, path, is_long);
	cleanup_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = dir < 0 ? -errno : dirlist_read(dir, &entries);
	if (rc < 0)
		status = complain("ls", path, -rc);
	for (size_t i = 0; i < entries.count && !shell_interrupted; i++)
		status |= list_entry(dir, entries.names[i], is_long);
	dirlist_free(&entries);
	return status;
}

/* Everything is listed, as `ls -A` does: there is little to see, and nothing to hide. */
static int run_ls(char **args)
{
	const bool is_long = args[1] != NULL && strcmp(args[1], "-l") == 0;
	char **path = args + (is_long ? 2 : 1);
	int status = *path == NULL ? list(".", is_long) : 0;
	for (; *path != NULL; path++)
		status |= list(*path, is_long);
	return status;
}

static int run_pwd(char **args __attribute__((unused)))
{
	char path[PATH_MAX];
	if (getcwd(path, sizeof(path)) == NULL)
		return complain("pwd", ".", errno);
	printf("%s\n", path);
	return 0;
}

static int run_unset(char **args)
{
	for (char **name = args + 1; *name != NULL; name++)
		if (unsetenv(*name) < 0)
			return complain("unset", *name, errno);
	return 0;
}

static int run_help(char **args);

static const struct shell_builtin BUILTINS[] = {
	{ "cat", "cat FILE...", -1, run_cat },
	{ "cd", "cd [FOLDER]", 1, run_cd },
	{ "echo", "echo [WORD...]", -1, run_echo },
	{ "env", "env", 0, run_env },
	{ "export", "export NAME=VALUE...", -1, run_export },
	{ "help", "help", 0, run_help },
	{ "id", "id", 0, run_id },
	{ "ls", "ls [-l] [PATH...]", -1, run_ls },
	{ "pwd", "pwd", 0, run_pwd },
	{ "unset", "unset NAME...", -1, run_unset },
};

static int run_help(char **args __attribute__((unused)))
{
	printf("This image has no shell; this small one is slipway's. It starts any program,\n"
	       "knows quotes and $NAME, and has:\n");
	for (size_t i = 0; i < lengthof(BUILTINS); i++)
		printf("  %s\n", BUILTINS[i].usage);
	printf("  exec PROGRAM [WORD...]\n  exit [STATUS]\n");
	return 0;
}

const struct shell_builtin *shell_builtin_find(const char *name)
{
	for (size_t i = 0; i < lengthof(BUILTINS); i++)
		if (strcmp(BUILTINS[i].name, name) == 0)
			return &BUILTINS[i];
	return NULL;
}
