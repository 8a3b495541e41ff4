/* Implementation of relay.h. */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

int relay_open(struct relay *relay, int to, struct err *err)
{
	struct stat st;
	int ends[2];
	relay->to = relay->step = to;
	relay->from = -1;
	relay->used = relay->sent = 0;
	relay->total = 0;
	if (fstat(to, &st) < 0 || !S_ISSOCK(st.st_mode))
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot make a pipe");
	relay->from = ends[0];
	relay->step = ends[1];
	return 0;
}

void relay_close_step(struct relay *relay)
{
	if (relay->from >= 0)
		close(relay->step);
}

struct pollfd relay_wants(const struct relay *relay)
{
	if (relay->from >= 0 && relay->sent < relay->used)
		return (struct pollfd){ .fd = relay->to, .events = POLLOUT };
	return (struct pollfd){ .fd = relay->from, .events = POLLIN };
}

void relay_move(struct relay *relay)
{
	if (relay->sent == relay->used) {
		ssize_t n = read(relay->from, relay->buffer, sizeof(relay->buffer));
		if (n <= 0 && errno == EINTR)
			return;
		relay->sent = 0;
		relay->used = n <= 0 ? 0 : (size_t)n;
	}
	if (relay->used > 0) {
		ssize_t n = send(relay->to, relay->buffer + relay->sent, relay->used - relay->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			relay->sent += (size_t)n;
			relay->total += (uint64_t)n;
		}
		if (n >= 0 || errno == EAGAIN || errno == EINTR)
			return;
	}
	/* The step has ended its output, or nobody reads it (then the step gets SIGPIPE). */
	close(relay->from);
	relay->from = -1;
}
