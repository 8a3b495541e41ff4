/* Sockets that are given an address: one of the file system is a path, and one of the internet is
 * use of the network. Part of the supervisor. */
#include <asm/unistd.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "supervisor.h"

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

#define MAX_MESSAGES 1024 /* as many as the kernel takes (UIO_MAXIOV) */

/* Notes an address of `length` bytes in the caller's memory. */
static void look_at_address(struct supervisor *supervisor, const struct notice *notice,
			    uint64_t address, uint64_t length, unsigned uses)
{
	struct observer *observer = supervisor->observer;
	struct sockaddr_un name;
	char path[sizeof(name.sun_path) + 1] = "";
	const size_t wanted = length < sizeof(name) ? (size_t)length : sizeof(name);
	memset(&name, 0, sizeof(name));
	if (address == 0 || wanted < sizeof(name.sun_family) ||
	    !observer_read(observer, notice, address, &name, wanted))
		return;
	if (name.sun_family == AF_UNIX && name.sun_path[0] != '\0') {
		memcpy(path, name.sun_path, sizeof(name.sun_path));
		observer_look(observer, notice, AT_FDCWD, path, uses);
	} else if (name.sun_family != AF_NETLINK) {
		/* A nameless local socket counts too: its names are the network namespace's. So
		 * does no family, which UDP takes for the internet's. */
		observer->network = observer->network || observer->counts_network;
	}
}

#define SENT_TO (LOOK_EXISTS | LOOK_FOLLOWED)

HANDLER(handle_connect)
{
	if (observer_is_on(supervisor->observer))
		look_at_address(supervisor, notice, notice->args[1], (uint32_t)notice->args[2],
				SENT_TO);
	return answer_perform();
}

HANDLER(handle_bind)
{
	if (observer_is_on(supervisor->observer))
		look_at_address(supervisor, notice, notice->args[1], (uint32_t)notice->args[2],
				LOOK_EXISTS | LOOK_CHANGES);
	return answer_perform();
}

HANDLER(handle_sendto)
{
	if (observer_is_on(supervisor->observer))
		look_at_address(supervisor, notice, notice->args[4], (uint32_t)notice->args[5],
				SENT_TO);
	return answer_perform();
}

static bool look_at_message(struct supervisor *supervisor, const struct notice *notice,
			    uint64_t address)
{
	struct msghdr message;
	if (!observer_read(supervisor->observer, notice, address, &message, sizeof(message)))
		return false;
	look_at_address(supervisor, notice, (uint64_t)(uintptr_t)message.msg_name,
			message.msg_namelen, SENT_TO);
	return true;
}

HANDLER(handle_sendmsg)
{
	if (observer_is_on(supervisor->observer))
		(void)look_at_message(supervisor, notice, notice->args[1]);
	return answer_perform();
}

HANDLER(handle_sendmmsg)
{
	const uint32_t count = (uint32_t)notice->args[2];
	for (uint32_t i = 0; i < count && i < MAX_MESSAGES; i++)
		if (!observer_is_on(supervisor->observer) ||
		    !look_at_message(supervisor, notice,
				     notice->args[1] + i * sizeof(struct mmsghdr)))
			break;
	return answer_perform();
}

static const struct call CALLS[] = {
	{ { __NR_connect, TRAP_ALWAYS, 0, 0 }, handle_connect },
	{ { __NR_bind, TRAP_ALWAYS, 0, 0 }, handle_bind },
	/* On a connected socket there is no address. */
	{ { __NR_sendto, TRAP_IF_BITS, 5, UINT32_MAX }, handle_sendto },
	{ { __NR_sendmsg, TRAP_ALWAYS, 0, 0 }, handle_sendmsg },
	{ { __NR_sendmmsg, TRAP_ALWAYS, 0, 0 }, handle_sendmmsg },
};

const struct call_table OBSERVE_SOCKETS = { CALLS, lengthof(CALLS) };
