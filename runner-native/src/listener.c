/* Implementation of listener.h. */
#include "listener.h"

#include <errno.h>
#include <string.h>

#include "sys.h"

static int take_descriptor(pid_t owner, int number)
{
	cleanup_close int process = (int)syscall(SYS_pidfd_open, owner, 0);
	return process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, number, 0);
}

bool listener_can_be_taken(void)
{
	cleanup_close int taken = take_descriptor(getpid(), STDIN_FILENO);
	return taken >= 0;
}

int listener_offer(int report, int listener)
{
	return write_all(report, &listener, sizeof(listener));
}

bool listener_ask_tracer(int report, int number)
{
	const int told = -1 - number;
	int traced = 0;
	return write_all(report, &told, sizeof(told)) == 0 &&
	       read_exact(report, &traced, sizeof(traced)) == 1 && traced == 1;
}

int listener_answer(int report, bool traced)
{
	const int told = traced ? 1 : 0;
	return write_all(report, &told, sizeof(told));
}

int listener_take_message(int report, void *message, size_t size, struct err *failure)
{
	union {
		struct err failure;
		char room[1024];
	} told;
	ssize_t length;
	do
		length = read(report, &told, sizeof(told));
	while (length < 0 && errno == EINTR);
	if (length == (ssize_t)size) {
		memcpy(message, &told, size);
		return 1;
	}
	*failure = told.failure;
	if (length != (ssize_t)sizeof(*failure))
		failure->code = NULL;
	return 0;
}

struct offer listener_take(int report, pid_t owner, struct err *failure)
{
	int number;
	if (listener_take_message(report, &number, sizeof(number), failure) == 0)
		return (struct offer){ .kind = OFFER_FAILED };
	if (number < 0)
		return (struct offer){ .kind = OFFER_TRACER, .number = -1 - number };
	const int fd = take_descriptor(owner, number);
	if (fd >= 0)
		return (struct offer){ .kind = OFFER_LISTENER, .listener = fd };
	*failure = (struct err){ 0 };
	(void)fail(failure, "E_SANDBOX", errno, "cannot take the listener of the step's filter");
	return (struct offer){ .kind = OFFER_FAILED };
}
