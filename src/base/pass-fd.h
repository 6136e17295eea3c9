/* SPDX-License-Identifier: MIT */
/*
 * base/pass-fd: a message over a socket of Unix, and with it a descriptor (SCM_RIGHTS, unix(7)).
 */
#ifndef MADVISOR_BASE_PASS_FD_H
#define MADVISOR_BASE_PASS_FD_H

#include <stddef.h>
#include <sys/types.h>

/* Sends them; fd -1: the message alone. flags: of sendmsg(2), to which MSG_NOSIGNAL is added. 0, or a negative errno. */
int pass_fd_send(int socket, const void *message, size_t size, int fd, int flags)
	__attribute__((nonnull, warn_unused_result));

/*
 * Receives them: the length of the message, of which at most `size` bytes are kept, or a negative errno. *ret_fd: owned by the
 * caller, closed at exec; -1: none came.
 */
ssize_t pass_fd_receive(int socket, void *message, size_t size, int *ret_fd)
	__attribute__((nonnull, warn_unused_result));

#endif
