/* Implementation of socket.h. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "ownership.h"
#include "sys.h"

int socket_give(const struct op *op, bool recorded, struct err *err)
{
	struct stat st;
	const struct ownership owner = { .uid = op->uid, .gid = op->gid };
	/* An O_PATH descriptor takes neither fchmod nor futimens; its name in /proc does. */
	const struct fd_path path = fd_path(op->pinned);
	if (fstat(op->pinned, &st) < 0 || !S_ISSOCK(st.st_mode))
		return fail(err, "E_SANDBOX", ENOTSOCK, "%s is no socket", op->source);
	int rc = 0;
	if (recorded)
		rc = ownership_record_time(AT_FDCWD, path.text, 0, st.st_mtim, &owner);
	else if (fchownat(op->pinned, "", op->uid, op->gid, SYS_AT_EMPTY_PATH) < 0)
		rc = -errno;
	if (rc == 0 && chmod(path.text, op->mode) < 0)
		rc = -errno;
	return rc < 0 ? fail(err, "E_SANDBOX", -rc,
			     "cannot give the socket on %s to user %u:%u (does this rung have the "
			     "ids?)",
			     op->target, op->uid, op->gid)
		      : 0;
}
