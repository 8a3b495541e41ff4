/* The program: verb, channels, version; the only place that turns an error into an event and an
 * exit status. Every process of the runner (outer, pid 1, the command's before its exec) ends here.
 * Runs as the caller; trusts its arguments, not what they name. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#include "dump.h"
#include "events.h"
#include "extract.h"
#include "pack.h"
#include "probe.h"
#include "remove.h"
#include "run.h"
#include "scan.h"
#include "sealed.h"
#include "serve.h"
#include "shell.h"
#include "words.h"

enum { EXIT_DONE = 0, EXIT_REPORTED = 1, EXIT_MISUSED = 2 };

static const struct {
	const char *name;
	int (*perform)(const struct words *words, struct err *err);
	bool is_sealed; /* whether it runs programs of an image */
	int (*read)(struct words *words, struct err *err);
} VERBS[] = {
	{ "run", run_verb, true, words_read },		{ "serve", serve_verb, true, words_next },
	{ "extract", extract_verb, false, words_read }, { "dump", dump_verb, false, words_read },
	{ "remove", remove_verb, false, words_read },	{ "probe", probe_verb, false, words_read },
	{ "pack", pack_verb, false, words_read },	{ "scan", scan_verb, false, words_read },
};

static int misused(const char *why)
{
	fprintf(stderr, "slipway-runner: %s; it is started by slipway, see PROTOCOL.md\n", why);
	return EXIT_MISUSED;
}

static int print_version(void)
{
	struct utsname machine;
	if (uname(&machine) < 0)
		return EXIT_MISUSED;
	printf("slipway-runner " AS_TEXT(PROTOCOL_VERSION) " %s\n", machine.machine);
	return EXIT_DONE;
}

/* A descriptor that we open must never land on a standard one. */
static void fill_standard_descriptors(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Dies with the thread that started us; too late if it is gone already. */
static bool die_with_client(pid_t client)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == client;
}

static int perform(size_t verb, char **argv, struct err *err)
{
	struct words words = { 0 };
	int sealed = VERBS[verb].is_sealed ? sealed_reexec(argv) : 0;
	/* Only now: the channels must outlive the exec of the sealed copy. */
	(void)fcntl(EVENT_FD, F_SETFD, FD_CLOEXEC);
	(void)fcntl(WORDS_FD, F_SETFD, FD_CLOEXEC);
	if (event_hello() < 0)
		return 1;
	if (sealed < 0)
		event_note("isolation", "the runner's program is not sealed against the step: %s",
			   errno_name(-sealed));
	int rc = VERBS[verb].read(&words, err);
	if (rc >= 0)
		rc = VERBS[verb].perform(&words, err);
	words_free(&words);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err;
	size_t verb = 0;
	pid_t client = getppid();
	if (argc != 2)
		return misused("one verb is needed");
	if (strcmp(argv[1], "version") == 0)
		return print_version();
	if (strcmp(argv[1], "sh") == 0)
		return shell_main();
	while (verb < lengthof(VERBS) && strcmp(VERBS[verb].name, argv[1]) != 0)
		verb++;
	if (verb == lengthof(VERBS))
		return misused("there is no such verb");
	if (fcntl(EVENT_FD, F_GETFD) < 0)
		return misused("fd 4, for events, is not open");
	if (fcntl(WORDS_FD, F_GETFD) < 0)
		return misused("fd 3, for words, is not open");
	if (!die_with_client(client))
		return EXIT_REPORTED;
	signal(SIGPIPE, SIG_IGN);
	fill_standard_descriptors();
	int rc = perform(verb, argv, &err);
	if (rc < 0)
		event_error(&err);
	return rc == 0 ? EXIT_DONE : EXIT_REPORTED;
}
