/* SPDX-License-Identifier: MIT */
#include "base/pass-fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one descriptor. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

int pass_fd_send(int socket, const void *message, size_t size, int fd, int flags)
{
	union control control = { 0 };
	struct iovec data = { (void *)message, size };
	struct msghdr whole = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		whole.msg_control = &control;
		whole.msg_controllen = sizeof(control);
		struct cmsghdr *header = CMSG_FIRSTHDR(&whole);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(socket, &whole, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t pass_fd_receive(int socket, void *message, size_t size, int *ret_fd)
{
	union control control = { 0 };
	struct iovec data = { message, size };
	struct msghdr whole = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	*ret_fd = -1;
	while ((n = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (n < 0)
		return -errno;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&whole);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(*ret_fd)))
		memcpy(ret_fd, CMSG_DATA(header), sizeof(*ret_fd));
	return n;
}
