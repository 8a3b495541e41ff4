/* Names that are made, moved and taken away: a moved file is as good as read, and a moved folder
 * gives everything below it another name. Part of the supervisor. */
#include <asm/unistd.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

#define TAKE_AWAY (LOOK_EXISTS | LOOK_CHANGES)
#define EMPTIED	  (LOOK_EXISTS | LOOK_NAMES | LOOK_CHANGES)
#define MOVED	  (LOOK_CONTENT | LOOK_CHANGES)

/* Notes the path of argument `arg`; false where there is none. */
static bool look(struct supervisor *supervisor, const struct notice *notice, int dirfd, size_t arg,
		 unsigned uses)
{
	char path[PATH_MAX];
	if (!observer_read_path(supervisor->observer, notice, notice->args[arg], path))
		return false;
	observer_look(supervisor->observer, notice, dirfd, path, uses);
	return true;
}

/* Says so where a folder may be what is moved: what is not there yet may be at the moment of the
 * call. */
static void move_folder(struct supervisor *supervisor, const struct notice *notice, int dirfd,
			size_t arg)
{
	static const struct statx_timestamp later = { .tv_sec = INT64_MAX };
	char path[PATH_MAX];
	struct statx st;
	struct located place cleanup_located = { .held = -1 };
	if (notice_read_path(notice, notice->args[arg], path) <= 0 ||
	    notice_locate(notice, dirfd, path, false, &place) < 0)
		observer_folder_moves(supervisor->observer, notice, NULL);
	else if (sys_statx(AT_FDCWD, place.text, place.follow ? 0 : AT_SYMLINK_NOFOLLOW,
			   STATX_TYPE | STATX_BTIME, &st) < 0)
		observer_folder_moves(supervisor->observer, notice, &later);
	else if (S_ISDIR(st.stx_mode))
		observer_folder_moves(supervisor->observer, notice,
				      (st.stx_mask & STATX_BTIME) != 0 ? &st.stx_btime : NULL);
}

static struct answer remove_name(struct supervisor *supervisor, const struct notice *notice,
				 int dirfd, size_t arg, bool folder)
{
	(void)look(supervisor, notice, dirfd, arg, folder ? EMPTIED : TAKE_AWAY);
	return answer_perform();
}

static struct answer rename_names(struct supervisor *supervisor, const struct notice *notice,
				  const int dirfds[2], const size_t args[2], bool exchanges)
{
	if (!look(supervisor, notice, dirfds[0], args[0], MOVED) ||
	    !look(supervisor, notice, dirfds[1], args[1], exchanges ? MOVED : EMPTIED))
		return answer_perform();
	move_folder(supervisor, notice, dirfds[0], args[0]);
	if (exchanges)
		move_folder(supervisor, notice, dirfds[1], args[1]);
	return answer_perform();
}

/* An empty path (AT_EMPTY_PATH) is an open file, which was looked at when it was opened. */
static struct answer link_names(struct supervisor *supervisor, const struct notice *notice,
				const int dirfds[2], const size_t args[2], bool follows)
{
	(void)look(supervisor, notice, dirfds[0], args[0],
		   LOOK_CONTENT | (follows ? LOOK_FOLLOWED : 0));
	(void)look(supervisor, notice, dirfds[1], args[1], TAKE_AWAY);
	return answer_perform();
}

HANDLER(handle_unlinkat)
{
	return remove_name(supervisor, notice, (int)notice->args[0], 1,
			   (notice->args[2] & AT_REMOVEDIR) != 0);
}

HANDLER(handle_renameat)
{
	const int dirfds[] = { (int)notice->args[0], (int)notice->args[2] };
	/* renameat has no fifth argument. */
	const bool exchanges = notice->number == __NR_renameat2 &&
			       (notice->args[4] & 2 /* RENAME_EXCHANGE */) != 0;
	return rename_names(supervisor, notice, dirfds, (const size_t[]){ 1, 3 }, exchanges);
}

HANDLER(handle_linkat)
{
	const int dirfds[] = { (int)notice->args[0], (int)notice->args[2] };
	return link_names(supervisor, notice, dirfds, (const size_t[]){ 1, 3 },
			  (notice->args[4] & AT_SYMLINK_FOLLOW) != 0);
}

HANDLER(handle_symlinkat)
{
	(void)look(supervisor, notice, (int)notice->args[1], 2, TAKE_AWAY);
	return answer_perform();
}

#if defined(__x86_64__)
static const int HERE[] = { AT_FDCWD, AT_FDCWD };

HANDLER(handle_unlink)
{
	return remove_name(supervisor, notice, AT_FDCWD, 0, false);
}

HANDLER(handle_rmdir)
{
	return remove_name(supervisor, notice, AT_FDCWD, 0, true);
}

HANDLER(handle_rename)
{
	return rename_names(supervisor, notice, HERE, (const size_t[]){ 0, 1 }, false);
}

HANDLER(handle_link)
{
	return link_names(supervisor, notice, HERE, (const size_t[]){ 0, 1 }, false);
}

HANDLER(handle_symlink)
{
	(void)look(supervisor, notice, AT_FDCWD, 1, TAKE_AWAY);
	return answer_perform();
}
#endif

static const struct call CALLS[] = {
	{ { __NR_unlinkat, TRAP_ALWAYS, 0, 0 }, handle_unlinkat },
	{ { __NR_renameat, TRAP_ALWAYS, 0, 0 }, handle_renameat },
	{ { __NR_renameat2, TRAP_ALWAYS, 0, 0 }, handle_renameat },
	{ { __NR_linkat, TRAP_ALWAYS, 0, 0 }, handle_linkat },
	{ { __NR_symlinkat, TRAP_ALWAYS, 0, 0 }, handle_symlinkat },
#if defined(__x86_64__)
	{ { __NR_unlink, TRAP_ALWAYS, 0, 0 }, handle_unlink },
	{ { __NR_rmdir, TRAP_ALWAYS, 0, 0 }, handle_rmdir },
	{ { __NR_rename, TRAP_ALWAYS, 0, 0 }, handle_rename },
	{ { __NR_link, TRAP_ALWAYS, 0, 0 }, handle_link },
	{ { __NR_symlink, TRAP_ALWAYS, 0, 0 }, handle_symlink },
#endif
};

const struct call_table OBSERVE_NAMES = { CALLS, lengthof(CALLS) };
