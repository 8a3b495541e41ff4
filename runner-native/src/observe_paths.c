/* Calls that name one path and do nothing else that matters here: what each looks at. A table of
 * rules and one handler. Part of the supervisor. */
#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/fanotify.h>
#include <string.h>
#include <sys/inotify.h>

#include "supervisor.h"

#define NONE	(-1)
#define A	LOOK_EXISTS
#define S	LOOK_STAT
#define F	LOOK_FOLLOWED
#define MAKE	(LOOK_EXISTS | LOOK_CHANGES)
#define NO_LINK AT_SYMLINK_NOFOLLOW

/* Newer than the headers of a supported distribution; the same number everywhere. */
#define NR_FCHMODAT2	 452
#define NR_SETXATTRAT	 463
#define NR_GETXATTRAT	 464
#define NR_LISTXATTRAT	 465
#define NR_REMOVEXATTRAT 466

struct rule {
	uint32_t number;
	int8_t dirfd, path, flags; /* which arguments; NONE */
	uint8_t uses;
	uint32_t unless_bits; /* of the flags: a link at the end is not followed */
	uint32_t only_bits;   /* of the flags: it is followed only with these */
};

static const struct rule RULES[] = {
	{ __NR_faccessat, 0, 1, NONE, A | F, 0, 0 },
	{ __NR_faccessat2, 0, 1, 3, A | F, NO_LINK, 0 },
	{ __NR_newfstatat, 0, 1, 3, S | F, NO_LINK, 0 },
	{ __NR_statx, 0, 1, 2, S | F, NO_LINK, 0 },
	{ __NR_readlinkat, 0, 1, NONE, LOOK_LINK, 0, 0 },
	{ __NR_statfs, NONE, 0, NONE, A | F, 0, 0 },
	{ __NR_chdir, NONE, 0, NONE, A | F, 0, 0 },
	{ __NR_mkdirat, 0, 1, NONE, MAKE, 0, 0 },
	{ __NR_mknodat, 0, 1, NONE, MAKE, 0, 0 },
	{ __NR_fchmodat, 0, 1, NONE, S | F, 0, 0 },
	{ NR_FCHMODAT2, 0, 1, 3, S | F, NO_LINK, 0 },
	{ __NR_fchownat, 0, 1, 4, S | F, NO_LINK, 0 },
	{ __NR_utimensat, 0, 1, 3, S | F, NO_LINK, 0 },
	{ __NR_setxattr, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_lsetxattr, NONE, 0, NONE, S, 0, 0 },
	{ __NR_removexattr, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_lremovexattr, NONE, 0, NONE, S, 0, 0 },
	{ __NR_getxattr, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_lgetxattr, NONE, 0, NONE, S, 0, 0 },
	{ __NR_listxattr, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_llistxattr, NONE, 0, NONE, S, 0, 0 },
	{ NR_SETXATTRAT, 0, 1, 2, S | F, NO_LINK, 0 },
	{ NR_GETXATTRAT, 0, 1, 2, S | F, NO_LINK, 0 },
	{ NR_LISTXATTRAT, 0, 1, 2, S | F, NO_LINK, 0 },
	{ NR_REMOVEXATTRAT, 0, 1, 2, S | F, NO_LINK, 0 },
	{ __NR_name_to_handle_at, 0, 1, 4, S | F, 0, AT_SYMLINK_FOLLOW },
	{ __NR_inotify_add_watch, NONE, 1, 2, A | F, IN_DONT_FOLLOW, 0 },
	{ __NR_fanotify_mark, 3, 4, 1, A | F, FAN_MARK_DONT_FOLLOW, 0 },
#if defined(__x86_64__)
	{ __NR_access, NONE, 0, NONE, A | F, 0, 0 },
	{ __NR_stat, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_lstat, NONE, 0, NONE, S, 0, 0 },
	{ __NR_readlink, NONE, 0, NONE, LOOK_LINK, 0, 0 },
	{ __NR_mkdir, NONE, 0, NONE, MAKE, 0, 0 },
	{ __NR_mknod, NONE, 0, NONE, MAKE, 0, 0 },
	{ __NR_chmod, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_chown, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_lchown, NONE, 0, NONE, S, 0, 0 },
	{ __NR_utime, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_utimes, NONE, 0, NONE, S | F, 0, 0 },
	{ __NR_futimesat, 0, 1, NONE, S | F, 0, 0 },
#endif
};

static struct answer handle(struct supervisor *supervisor, const struct notice *notice)
{
	char path[PATH_MAX];
	const struct rule *rule = RULES;
	while (rule->number != notice->number)
		rule++;
	const int dirfd = rule->dirfd == NONE ? AT_FDCWD : (int)notice->args[rule->dirfd];
	const uint32_t flags = rule->flags == NONE ? 0 : (uint32_t)notice->args[rule->flags];
	/* What cannot be read the kernel refuses. An empty path is an open descriptor, if anything,
	 * which was looked at when it was opened; or the working folder, which was only entered. */
	if (!observer_read_path(supervisor->observer, notice, notice->args[rule->path], path)) {
		if (dirfd != AT_FDCWD || (flags & AT_EMPTY_PATH) == 0)
			return answer_perform();
		strcpy(path, ".");
	}
	unsigned uses = rule->uses;
	if ((flags & rule->unless_bits) != 0 ||
	    (rule->only_bits != 0 && (flags & rule->only_bits) == 0))
		uses &= ~(unsigned)LOOK_FOLLOWED;
	observer_look(supervisor->observer, notice, dirfd, path, uses);
	return answer_perform();
}

struct call_table observe_paths(void)
{
	static struct call calls[lengthof(RULES)];
	for (size_t i = 0; i < lengthof(RULES); i++)
		calls[i] = (struct call){ { RULES[i].number, TRAP_ALWAYS, 0, 0 }, handle };
	return (struct call_table){ calls, lengthof(RULES) };
}
