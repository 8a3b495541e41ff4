/* Implementation of shell.h. One command at a time, in the foreground: no jobs, so the terminal is
 * never handed on, and Ctrl-C reaches the program and not the shell. */
#include "shell.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "shell_builtins.h"
#include "shell_words.h"

enum { STATUS_USAGE = 2, STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127, STATUS_SIGNAL = 128 };

struct shell {
	int status; /* of the last command */
	bool is_leaving;
};

static void interrupt(int number __attribute__((unused)))
{
	shell_interrupted = 1;
}

/* Without SA_RESTART: Ctrl-C ends a builtin that waits for something. */
static void take_signals(void)
{
	const struct sigaction noted = { .sa_handler = interrupt };
	sigaction(SIGINT, &noted, NULL);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
}

/* Returns only where the program cannot be executed. */
static int execute(char **args)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGTSTP, SIG_DFL);
	execvp(args[0], args);
	int number = errno;
	take_signals();
	bool is_missing = number == ENOENT || number == ENOTDIR;
	fprintf(stderr, "%s: %s%s\n", args[0], strerror(number),
		is_missing ? "; help lists what this shell has" : "");
	return is_missing ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static int start(char **args)
{
	int status;
	pid_t pid = fork();
	if (pid < 0) {
		fprintf(stderr, "cannot start a process: %s\n", strerror(errno));
		return STATUS_NOT_EXECUTABLE;
	}
	if (pid == 0)
		_exit(execute(args));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_NOT_EXECUTABLE;
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static void leave(struct shell *shell, const char *status)
{
	uint64_t value = (uint64_t)shell->status;
	shell->is_leaving = status == NULL || parse_number(status, 10, 255, &value);
	if (!shell->is_leaving)
		fprintf(stderr, "exit: %s is not a number from 0 to 255\n", status);
	shell->status = shell->is_leaving ? (int)value : 1;
}

static int run_builtin(const struct shell_builtin *builtin, char **args)
{
	int words = 0;
	while (args[words + 1] != NULL)
		words++;
	if (builtin->most < 0 || words <= builtin->most)
		return builtin->run(args);
	fprintf(stderr, "usage: %s\n", builtin->usage);
	return STATUS_USAGE;
}

static void perform(struct shell *shell, char **args)
{
	const struct shell_builtin *builtin = shell_builtin_find(args[0]);
	shell_interrupted = 0;
	if (strcmp(args[0], "exit") == 0)
		leave(shell, args[1]);
	else if (strcmp(args[0], "exec") == 0 && args[1] != NULL)
		shell->status = execute(args + 1);
	else
		shell->status = builtin == NULL ? start(args) : run_builtin(builtin, args);
	fflush(stdout);
}

static void prompt(void)
{
	char path[PATH_MAX];
	printf("%s %c ", getcwd(path, sizeof(path)) == NULL ? "?" : path,
	       geteuid() == 0 ? '#' : '$');
	fflush(stdout);
}

/* One line; false at the end of the input. */
static bool read_line(char **line, size_t *size)
{
	for (;;) {
		shell_interrupted = 0;
		prompt();
		if (getline(line, size, stdin) >= 0)
			return true;
		putchar('\n');
		if (!shell_interrupted)
			return false;
		clearerr(stdin);
	}
}

int shell_main(void)
{
	struct shell shell = { 0 };
	struct shell_words words;
	cleanup_free char *line = NULL;
	size_t size = 0;
	take_signals();
	printf("slipway's small shell; help lists what it has\n");
	while (!shell.is_leaving && read_line(&line, &size)) {
		const char *complaint = shell_split(line, shell.status, &words);
		if (complaint != NULL) {
			fprintf(stderr, "%s\n", complaint);
			shell.status = STATUS_USAGE;
		} else if (words.count > 0) {
			perform(&shell, words.all);
		}
		shell_words_free(&words);
	}
	return shell.status;
}
