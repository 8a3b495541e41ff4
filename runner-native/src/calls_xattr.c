/* Extended attributes: the one that records an owner is neither listed nor set by the step. Else
 * what copies attributes (cp -a, rsync -X) would copy the owner with them. Part of the supervisor.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "supervisor.h"
#include "xattrs.h"

#define LIST_MAX 65536 /* the kernel's own limit */

/* Takes our names out of a list; its new length. */
static size_t without_records(char *names, size_t length)
{
	size_t kept = 0;
	for (size_t at = 0; at < length;) {
		size_t size = strnlen(names + at, length - at) + 1;
		if (!xattr_is_record(names + at)) {
			memmove(names + kept, names + at, size);
			kept += size;
		}
		at += size;
	}
	return kept;
}

/* The arguments after the file are a buffer and its size. */
static struct answer list(const struct notice *notice, int dirfd, const char *path, bool follow)
{
	static char names[LIST_MAX + 1];
	const uint64_t buffer = notice->args[1];
	const uint64_t room = notice->args[2];
	struct located place cleanup_located = { .held = -1 };
	if (notice_locate(notice, dirfd, path, follow, &place) < 0)
		return answer_perform();
	ssize_t length = (place.follow ? listxattr : llistxattr)(place.text, names, LIST_MAX);
	if (length < 0 || !notice_stands(notice))
		return answer_perform();
	names[length] = '\0';
	size_t kept = without_records(names, (size_t)length);
	if (kept == (size_t)length)
		return answer_perform();
	if (room == 0)
		return answer_value((int64_t)kept);
	if (room < kept)
		return answer_value(-ERANGE);
	int rc = notice_write(notice, buffer, names, kept);
	return answer_value(rc < 0 ? rc : (int64_t)kept);
}

static struct answer list_of_path(const struct notice *notice, bool follow)
{
	char path[PATH_MAX];
	if (notice_read_path(notice, notice->args[0], path) <= 0)
		return answer_perform();
	return list(notice, AT_FDCWD, path, follow);
}

/* The second argument of setting and removing is the name. */
static struct answer keep_record(const struct notice *notice)
{
	char name[PATH_MAX];
	if (notice_read_path(notice, notice->args[1], name) < 0)
		return answer_perform();
	return xattr_is_record(name) ? answer_value(-EPERM) : answer_perform();
}

#define HANDLER(name, result)                                                                      \
	static struct answer name(struct supervisor *supervisor __attribute__((unused)),           \
				  const struct notice *notice __attribute__((unused)))             \
	{                                                                                          \
		return result;                                                                     \
	}

HANDLER(handle_listxattr, list_of_path(notice, true))
HANDLER(handle_llistxattr, list_of_path(notice, false))
HANDLER(handle_flistxattr, list(notice, (int)notice->args[0], "", true))
HANDLER(handle_change, keep_record(notice))
/* Linux 6.13; programs fall back to the older ones. */
HANDLER(handle_newer, answer_value(-ENOSYS))

static const struct call CALLS[] = {
	{ { __NR_listxattr, TRAP_ALWAYS, 0, 0 }, handle_listxattr },
	{ { __NR_llistxattr, TRAP_ALWAYS, 0, 0 }, handle_llistxattr },
	{ { __NR_flistxattr, TRAP_ALWAYS, 0, 0 }, handle_flistxattr },
	{ { __NR_setxattr, TRAP_ALWAYS, 0, 0 }, handle_change },
	{ { __NR_lsetxattr, TRAP_ALWAYS, 0, 0 }, handle_change },
	{ { __NR_fsetxattr, TRAP_ALWAYS, 0, 0 }, handle_change },
	{ { __NR_removexattr, TRAP_ALWAYS, 0, 0 }, handle_change },
	{ { __NR_lremovexattr, TRAP_ALWAYS, 0, 0 }, handle_change },
	{ { __NR_fremovexattr, TRAP_ALWAYS, 0, 0 }, handle_change },
	{ { 463 /* setxattrat */, TRAP_ALWAYS, 0, 0 }, handle_newer },
	{ { 465 /* listxattrat */, TRAP_ALWAYS, 0, 0 }, handle_newer },
	{ { 466 /* removexattrat */, TRAP_ALWAYS, 0, 0 }, handle_newer },
};

const struct call_table CALLS_XATTR = { CALLS, lengthof(CALLS) };
