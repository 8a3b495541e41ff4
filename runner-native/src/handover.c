/* Implementation of handover.h. The socket keeps messages apart (SOCK_SEQPACKET). */
#include "handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int handover_send(int socket, int fd)
{
	union control control;
	char byte = '!';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	memset(&control, 0, sizeof(control));
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t handover_take(int socket, void *data, size_t room, int *fd)
{
	union control control;
	struct iovec part = { data, room };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t length;
	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	const struct cmsghdr *header = length <= 0 ? NULL : CMSG_FIRSTHDR(&message);
	*fd = -1;
	if (header != NULL)
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	return length;
}

int handover_receive(int socket)
{
	char byte;
	int fd;
	return handover_take(socket, &byte, sizeof(byte), &fd) == 1 ? fd : -1;
}
