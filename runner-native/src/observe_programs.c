/* Programs that are started, with everything that the kernel opens for them by itself, and roots
 * that are changed. Part of the supervisor.
 * Threat: a program's headers are the step's: every length is checked, every chain bounded, and a
 * file is opened to read only when it is a regular one. */
#include <asm/unistd.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

#define START_SIZE  256 /* what the kernel reads of a program (BINPRM_BUF_SIZE) */
#define MAX_SCRIPTS 5	/* interpreters of interpreters */
#define EXECUTED    (LOOK_CONTENT | LOOK_FOLLOWED)
#define MAX_HEADERS (65536 / sizeof(Elf64_Phdr))

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

/* The regular file that `path` leads to, for reading; -1. */
static int open_program(const struct notice *notice, int dirfd, const char *path, bool follows)
{
	struct stat st;
	struct located place cleanup_located = { .held = -1 };
	if (notice_locate(notice, dirfd, path, follows, &place) < 0)
		return -1;
	cleanup_close int fd = notice_open(notice, &place, 0);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return -1;
	return open(notice_fd_path(fd).text, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* The name of the ELF interpreter of a program for this machine; false where it needs none. */
static bool elf_interpreter(int fd, const Elf64_Ehdr *header, char name[PATH_MAX])
{
	Elf64_Phdr program;
	if (header->e_phentsize != sizeof(program) || header->e_phnum > MAX_HEADERS)
		return false;
	for (size_t i = 0; i < header->e_phnum; i++) {
		const off_t at = (off_t)(header->e_phoff + i * sizeof(program));
		if (pread(fd, &program, sizeof(program), at) != (ssize_t)sizeof(program))
			return false;
		if (program.p_type != PT_INTERP)
			continue;
		const size_t length = program.p_filesz;
		if (length < 2 || length > PATH_MAX)
			return false;
		return pread(fd, name, length, (off_t)program.p_offset) == (ssize_t)length &&
		       name[length - 1] == '\0' && name[0] != '\0';
	}
	return false;
}

/* The interpreter after `#!`: up to a blank or the end of the line. */
static bool script_interpreter(const char *start, size_t length, char name[START_SIZE])
{
	size_t from = 2, to;
	while (from < length && (start[from] == ' ' || start[from] == '\t'))
		from++;
	for (to = from; to < length && strchr(" \t\n", start[to]) == NULL; to++)
		;
	memcpy(name, start + from, to - from);
	name[to - from] = '\0';
	return to > from;
}

/* A file that is no text may be one that a handler of this machine starts (binfmt_misc), by a
 * program that we do not know of; text that is no script the kernel refuses. */
static bool may_have_handler(const char *start, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)start[i] < '\t')
			return true;
	return false;
}

/* Notes the interpreters of a program that is about to be started. */
static void look_at_program(struct supervisor *supervisor, const struct notice *notice, int fd)
{
	struct observer *observer = supervisor->observer;
	cleanup_close int program = fd;
	for (int depth = 0; program >= 0 && depth <= MAX_SCRIPTS; depth++) {
		union {
			char text[START_SIZE];
			Elf64_Ehdr elf;
		} start;
		char name[PATH_MAX];
		memset(&start, 0, sizeof(start));
		const ssize_t length = pread(program, &start, sizeof(start), 0);
		if (length >= (ssize_t)sizeof(start.elf) &&
		    memcmp(start.text, ELFMAG, SELFMAG) == 0) {
			if (start.text[EI_CLASS] != ELFCLASS64 || start.elf.e_machine != MACHINE)
				observer_fail(observer,
					      "a program of another architecture was started");
			else if (elf_interpreter(program, &start.elf, name))
				observer_look(observer, notice, AT_FDCWD, name, EXECUTED);
			return;
		}
		if (length < 2 || start.text[0] != '#' || start.text[1] != '!') {
			if (length > 0 && may_have_handler(start.text, (size_t)length))
				observer_fail(observer,
					      "a file was executed that only a handler of "
					      "this machine can start");
			return;
		}
		if (!script_interpreter(start.text, (size_t)length, name))
			return;
		observer_look(observer, notice, AT_FDCWD, name, EXECUTED);
		close(steal_fd(&program));
		program = open_program(notice, AT_FDCWD, name, true);
	}
}

static struct answer start_program(struct supervisor *supervisor, const struct notice *notice,
				   int dirfd, size_t arg, unsigned flags)
{
	char path[PATH_MAX];
	const bool follows = (flags & AT_SYMLINK_NOFOLLOW) == 0;
	if (observer_read_path(supervisor->observer, notice, notice->args[arg], path))
		observer_look(supervisor->observer, notice, dirfd, path,
			      LOOK_CONTENT | (follows ? LOOK_FOLLOWED : 0));
	else if (!observer_is_on(supervisor->observer) || (flags & AT_EMPTY_PATH) == 0)
		return answer_perform();
	else
		path[0] = '\0';
	look_at_program(supervisor, notice, open_program(notice, dirfd, path, follows));
	return answer_perform();
}

HANDLER(handle_execve)
{
	return start_program(supervisor, notice, AT_FDCWD, 0, 0);
}

HANDLER(handle_execveat)
{
	return start_program(supervisor, notice, (int)notice->args[0], 1,
			     (unsigned)notice->args[4]);
}

HANDLER(handle_chroot)
{
	char path[PATH_MAX];
	supervisor->changed_roots = true;
	if (observer_read_path(supervisor->observer, notice, notice->args[0], path))
		observer_look(supervisor->observer, notice, AT_FDCWD, path,
			      LOOK_EXISTS | LOOK_FOLLOWED);
	return answer_perform();
}

static const struct call CALLS[] = {
	{ { __NR_execve, TRAP_ALWAYS, 0, 0 }, handle_execve },
	{ { __NR_execveat, TRAP_ALWAYS, 0, 0 }, handle_execveat },
	{ { __NR_chroot, TRAP_ALWAYS, 0, 0 }, handle_chroot },
};

const struct call_table OBSERVE_PROGRAMS = { CALLS, lengthof(CALLS) };
