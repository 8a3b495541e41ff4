/* Implementation of pty.h. */
#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "handover.h"
#include "path.h"
#include "sys.h"

/* The multiplexer of a devpts, whichever: one that a mount of the step's put there would be nodev,
 * or not on a devpts at all. */
static bool is_multiplexer(int fd)
{
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC && path_is_device(fd, 5, 2);
}

int pty_open_slave(int root, int socket, struct err *err)
{
	const int unlocked = 0;
	cleanup_close int master = path_open_in_root(
		root, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, RESOLVE_NO_SYMLINKS);
	if (master < 0)
		return fail(err, "E_SANDBOX", -master, "cannot open the step's /dev/pts/ptmx");
	if (!is_multiplexer(master))
		return fail(err, "E_SANDBOX", 0, "/dev/pts of the step is not its own");
	if (ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot unlock the step's terminal");
	cleanup_close int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return fail(err, "E_SANDBOX", errno, "cannot open the step's terminal");
	int rc = handover_send(socket, master);
	if (rc < 0)
		return fail(err, "E_SANDBOX", -rc, "cannot hand the step's terminal over");
	return steal_fd(&slave);
}
