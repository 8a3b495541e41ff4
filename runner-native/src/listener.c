/* Implementation of listener.h. The report is a socket that keeps messages apart (SOCK_SEQPACKET).
 */
#include "listener.h"

#include <errno.h>
#include <string.h>

#include "sys.h"

int listener_offer(int report, int listener)
{
	return write_all(report, &listener, sizeof(listener));
}

int listener_take(int report, pid_t owner, struct err *failure)
{
	union {
		struct err failure;
		int number;
	} told;
	ssize_t length;
	do
		length = read(report, &told, sizeof(told));
	while (length < 0 && errno == EINTR);
	if (length != (ssize_t)sizeof(told.number)) {
		*failure = told.failure;
		if (length != (ssize_t)sizeof(*failure))
			failure->code = NULL;
		return LISTENER_FAILED;
	}
	if (told.number < 0)
		return LISTENER_NONE;
	cleanup_close int process = (int)syscall(SYS_pidfd_open, owner, 0);
	const int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, told.number, 0);
	if (fd >= 0)
		return fd;
	*failure = (struct err){ 0 };
	(void)fail(failure, "E_SANDBOX", errno, "cannot take the listener of the step's filter");
	return LISTENER_FAILED;
}
