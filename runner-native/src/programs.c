/* Implementation of programs.h. */
#include "programs.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define START_SIZE  256 /* what the kernel reads of a program (BINPRM_BUF_SIZE) */
#define MAX_SCRIPTS 5	/* interpreters of interpreters */
#define EXECUTED    (LOOK_CONTENT | LOOK_FOLLOWED | LOOK_UNHELD)
#define MAX_HEADERS (65536 / sizeof(Elf64_Phdr))

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

struct program {
	int dirfd;
	const char *path;
	bool follows;
	unsigned selves; /* links to /proc/self that were crossed on the way */
};

/* The regular file that a program is in, for reading; -1 where the kernel starts nothing, or where
 * the observation has failed. */
static int open_program(struct observer *observer, const struct notice *notice,
			const struct program *program)
{
	struct stat st;
	struct located place cleanup_located = { .held = -1 };
	const int rc =
		notice_locate(notice, program->dirfd, program->path, program->follows, &place);
	const bool is_renamed = program->path[0] == '/' && strcmp(place.text, program->path) != 0;
	/* A link to /proc/self leads to us, unless its name was written out. */
	if (rc == -ENAMETOOLONG || (rc == 0 && program->selves > (is_renamed ? 1U : 0U)))
		observer_fail(observer, "a program was started by a roundabout way");
	cleanup_close int fd =
		rc < 0 ? -1
		       : open(place.text, O_PATH | O_CLOEXEC | (place.follow ? 0 : O_NOFOLLOW));
	/* Rung "chroot" without CAP_SYS_PTRACE: what another user's process has open. */
	if (rc == 0 && fd < 0 && (errno == EACCES || errno == EPERM))
		observer_fail(observer, "a program that was started could not be read");
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return -1;
	const int file =
		open(notice_fd_path(fd).text, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		observer_fail(observer, "a program that was started could not be read");
	return file;
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

/* Notes the program or script of which `start` is the beginning; the interpreter of a script comes
 * back in `name`, and true. */
static bool look_at_start(struct observer *observer, const struct notice *notice, int program,
			  char name[PATH_MAX])
{
	union {
		char text[START_SIZE];
		Elf64_Ehdr elf;
	} start;
	memset(&start, 0, sizeof(start));
	const ssize_t length = pread(program, &start, sizeof(start), 0);
	if (length >= (ssize_t)sizeof(start.elf) && memcmp(start.text, ELFMAG, SELFMAG) == 0) {
		if (start.text[EI_CLASS] != ELFCLASS64 || start.elf.e_machine != MACHINE)
			observer_fail(observer, "a program of another architecture was started");
		else if (elf_interpreter(program, &start.elf, name))
			observer_look(observer, notice, AT_FDCWD, name, EXECUTED);
		return false;
	}
	if (length < 2 || start.text[0] != '#' || start.text[1] != '!') {
		if (length > 0 && may_have_handler(start.text, (size_t)length))
			observer_fail(observer, "a file was executed that only a handler of this "
						"machine can start");
		return false;
	}
	if (!script_interpreter(start.text, (size_t)length, name))
		return false;
	observer_look(observer, notice, AT_FDCWD, name, EXECUTED);
	return true;
}

void programs_look(struct observer *observer, const struct notice *notice, int dirfd,
		   const char *path, bool follows)
{
	char name[PATH_MAX];
	struct program program = { dirfd, path, follows, observer->selves };
	for (int depth = 0; depth <= MAX_SCRIPTS; depth++) {
		cleanup_close int file = open_program(observer, notice, &program);
		if (file < 0 || !look_at_start(observer, notice, file, name))
			return;
		program = (struct program){ AT_FDCWD, name, true, observer->selves };
	}
}
