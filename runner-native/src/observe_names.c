/* Names that are made, moved and taken away: a moved file is as good as read, and a link that is
 * made or moved changes where other paths lead. Part of the supervisor. */
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
	if (!observer_is_on(supervisor->observer) ||
	    notice_read_path(notice, notice->args[arg], path) <= 0)
		return false;
	observer_look(supervisor->observer, notice, dirfd, path, uses);
	return true;
}

/* Whether the name in argument `arg` is a link, or a folder in which links of the step's may move
 * along. (A folder of a lower layer cannot be moved: overlayfs says EXDEV.) */
static bool moves_links(const struct supervisor *supervisor, const struct notice *notice, int dirfd,
			size_t arg)
{
	char path[PATH_MAX];
	struct stat st;
	struct located place cleanup_located = { .held = -1 };
	return notice_read_path(notice, notice->args[arg], path) > 0 &&
	       notice_locate(notice, dirfd, path, false, &place) == 0 &&
	       fstatat(AT_FDCWD, place.text, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISLNK(st.st_mode) ||
		(S_ISDIR(st.st_mode) && observer_has_links(supervisor->observer)));
}

static struct answer remove_name(struct supervisor *supervisor, const struct notice *notice,
				 int dirfd, size_t arg, bool is_folder)
{
	(void)look(supervisor, notice, dirfd, arg, is_folder ? EMPTIED : TAKE_AWAY);
	return answer_perform();
}

static struct answer rename_names(struct supervisor *supervisor, const struct notice *notice,
				  const int dirfds[2], const size_t args[2], bool exchanges)
{
	if (!look(supervisor, notice, dirfds[0], args[0], MOVED) ||
	    !look(supervisor, notice, dirfds[1], args[1], exchanges ? MOVED : EMPTIED))
		return answer_perform();
	if (moves_links(supervisor, notice, dirfds[0], args[0]) ||
	    (exchanges && moves_links(supervisor, notice, dirfds[1], args[1])))
		observer_link_moves(supervisor->observer, notice);
	return answer_perform();
}

/* An empty path (AT_EMPTY_PATH) is an open file, which was looked at when it was opened. */
static struct answer link_names(struct supervisor *supervisor, const struct notice *notice,
				const int dirfds[2], const size_t args[2], bool follows)
{
	(void)look(supervisor, notice, dirfds[0], args[0],
		   LOOK_CONTENT | (follows ? LOOK_FOLLOWED : 0));
	if (look(supervisor, notice, dirfds[1], args[1], TAKE_AWAY) && !follows &&
	    moves_links(supervisor, notice, dirfds[0], args[0]))
		observer_link_moves(supervisor->observer, notice);
	return answer_perform();
}

static struct answer make_link(struct supervisor *supervisor, const struct notice *notice,
			       int dirfd, size_t arg)
{
	if (look(supervisor, notice, dirfd, arg, TAKE_AWAY))
		observer_link_moves(supervisor->observer, notice);
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
	return make_link(supervisor, notice, (int)notice->args[1], 2);
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
	return make_link(supervisor, notice, AT_FDCWD, 1);
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
