/* Implementation of sealed.h. */
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "sys.h"
#include "util.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int make_copy(int self)
{
	struct stat st;
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	cleanup_close int copy = memfd_create("slipway-runner", flags | MFD_EXEC);
	if (copy < 0 && errno == EINVAL) /* before Linux 6.3 */
		copy = memfd_create("slipway-runner", flags);
	if (copy < 0 || fstat(self, &st) < 0)
		return -errno;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(copy, self, NULL, (size_t)left);
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		left -= n;
	}
	if (fchmod(copy, 0500) < 0 || fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return steal_fd(&copy);
}

int sealed_reexec(char **argv)
{
	cleanup_close int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0)
		return -errno;
	/* Only a memory file has seals, so this cannot be faked from outside. */
	if (fcntl(self, F_GET_SEALS) == SEALS)
		return 0;
	cleanup_close int copy = make_copy(self);
	if (copy < 0)
		return copy;
	syscall(SYS_execveat, copy, "", argv, environ, SYS_AT_EMPTY_PATH);
	return -errno;
}
