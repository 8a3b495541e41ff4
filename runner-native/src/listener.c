/* Implementation of listener.h. */
#include "listener.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "handover.h"
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

/* Tells pid 1 a number and waits for its answer. */
static bool ask(int report, int told)
{
	int answer = 0;
	return write_all(report, &told, sizeof(told)) == 0 &&
	       read_exact(report, &answer, sizeof(answer)) == 1 && answer == 1;
}

int listener_offer(int order, int listener)
{
	return write_all(order, &listener, sizeof(listener));
}

int listener_give(int report, int listener)
{
	return ask(report, listener) ? 0 : -EPIPE;
}

bool listener_ask_tracer(int report, int number)
{
	return ask(report, -1 - number);
}

int listener_answer(int report, bool is_so)
{
	const int told = is_so ? 1 : 0;
	return write_all(report, &told, sizeof(told));
}

static void carry(int order, int report)
{
	int listener;
	if (read_exact(order, &listener, sizeof(listener)) == 1 && listener >= 0)
		(void)handover_send(report, listener);
}

int listener_courier(int report)
{
	int order[2];
	if (pipe2(order, O_CLOEXEC) < 0)
		return -errno;
	/* A fork that shares the descriptors, and is a child of pid 1 as its caller is. */
	const long pid = syscall(SYS_clone, CLONE_FILES | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		carry(order[0], report);
		_exit(0);
	}
	return order[1];
}

/* A message, and the descriptor that came with it, or -1. */
static int take_message(int report, void *message, size_t size, int *carried, struct err *failure)
{
	union {
		struct err failure;
		char room[1024];
	} told;
	const ssize_t length = handover_take(report, &told, sizeof(told), carried);
	if (*carried >= 0)
		return 1;
	if (length == (ssize_t)size) {
		memcpy(message, &told, size);
		return 1;
	}
	*failure = told.failure;
	if (length != (ssize_t)sizeof(*failure))
		failure->code = NULL;
	return 0;
}

int listener_take_message(int report, void *message, size_t size, struct err *failure)
{
	int carried;
	return take_message(report, message, size, &carried, failure);
}

struct offer listener_take(int report, pid_t owner, struct err *failure)
{
	int number, carried;
	if (take_message(report, &number, sizeof(number), &carried, failure) == 0)
		return (struct offer){ .kind = OFFER_FAILED };
	if (carried >= 0)
		return (struct offer){ .kind = OFFER_LISTENER, .listener = carried };
	if (number < 0)
		return (struct offer){ .kind = OFFER_TRACER, .number = -1 - number };
	const int fd = take_descriptor(owner, number);
	if (fd >= 0 && listener_answer(report, true) == 0)
		return (struct offer){ .kind = OFFER_LISTENER, .listener = fd };
	*failure = (struct err){ 0 };
	(void)fail(failure, "E_SANDBOX", errno, "cannot take the listener of the step's filter");
	return (struct offer){ .kind = OFFER_FAILED };
}
