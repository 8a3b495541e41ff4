/* Implementation of terminal.h. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

enum { TYPED, STEP, SHOWN };

bool terminal_is_there(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

void terminal_resize(const struct terminal *terminal)
{
	struct winsize size;
	if (terminal->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(terminal->master, TIOCSWINSZ, &size);
}

int terminal_begin(struct terminal *terminal, int master, struct err *err)
{
	struct termios raw;
	terminal->master = master;
	terminal_resize(terminal);
	if (tcgetattr(STDIN_FILENO, &terminal->before) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot read the terminal's settings");
	raw = terminal->before;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot change the terminal's settings");
	terminal->is_raw = true;
	return 0;
}

void terminal_end(struct terminal *terminal)
{
	if (terminal->is_raw)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->before);
	terminal->is_raw = false;
}

static bool is_pending(const struct terminal_flow *flow)
{
	return flow->sent < flow->used;
}

void terminal_wants(const struct terminal *terminal, struct pollfd polled[TERMINAL_POLLED])
{
	const bool is_open = terminal->master >= 0;
	const bool has_typed = is_pending(&terminal->typed),
		   has_shown = is_pending(&terminal->shown);
	const short step = (short)((has_typed ? POLLOUT : 0) | (has_shown ? 0 : POLLIN));
	polled[TYPED] = (struct pollfd){ is_open && !has_typed ? STDIN_FILENO : -1, POLLIN, 0 };
	polled[STEP] = (struct pollfd){ is_open && step != 0 ? terminal->master : -1, step, 0 };
	polled[SHOWN] = (struct pollfd){ is_open && has_shown ? STDOUT_FILENO : -1, POLLOUT, 0 };
}

/* Whether a read or write that returned `n` is to be tried again rather than given up. */
static bool is_passing(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* False at the end of `from`. */
static bool take(struct terminal_flow *flow, int from)
{
	ssize_t n = read(from, flow->bytes, sizeof(flow->bytes));
	if (n <= 0)
		return is_passing(n);
	flow->sent = 0;
	flow->used = (size_t)n;
	return true;
}

/* False where nobody takes it any more. */
static bool give(struct terminal_flow *flow, int to)
{
	ssize_t n = write(to, flow->bytes + flow->sent, flow->used - flow->sent);
	if (n < 0)
		return is_passing(n);
	flow->sent += (size_t)n;
	return true;
}

void terminal_move(struct terminal *terminal, const struct pollfd polled[TERMINAL_POLLED])
{
	bool goes_on = true;
	if (polled[SHOWN].revents != 0)
		goes_on = give(&terminal->shown, STDOUT_FILENO);
	/* What a step that has ended does not take is dropped; what it wrote is still to be read.
	 */
	if (goes_on && (polled[STEP].revents & POLLOUT) != 0 &&
	    !give(&terminal->typed, terminal->master))
		terminal->typed.sent = terminal->typed.used;
	if (goes_on && polled[TYPED].revents != 0)
		goes_on = take(&terminal->typed, STDIN_FILENO);
	/* A hang-up is the end only when what was written before it has been read. */
	if (goes_on && (polled[STEP].revents & ~POLLOUT) != 0 && !is_pending(&terminal->shown))
		goes_on = take(&terminal->shown, terminal->master);
	if (goes_on)
		return;
	/* The step's terminal hangs up with it: whoever still uses it gets SIGHUP. */
	close(terminal->master);
	terminal->master = -1;
}
