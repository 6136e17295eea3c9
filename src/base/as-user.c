/* SPDX-License-Identifier: MIT */
#include "base/as-user.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/pass-fd.h"
#include "base/xalloc.h"

enum { TEXT_MAX = 4096, TIMEOUT_MS = 60 * 1000 };

/* The child's only packet, which also carries the file. Longer texts are cut. */
struct packet {
	int result;
	int kind;
	bool has_text, has_hint;
	char text[TEXT_MAX + 1];
	char message[TEXT_MAX + 1];
	char hint[TEXT_MAX + 1];
};

static void keep(char *into, const char *text)
{
	snprintf(into, TEXT_MAX + 1, "%s", text ? text : "");
}

__attribute__((noreturn)) static void child_main(const struct rights *rights, as_user_work work,
						 void *argument, int socket_fd, pid_t parent)
{
	static struct packet packet;
	struct as_user_answer answer = AS_USER_ANSWER_INIT;
	struct error err = ERROR_INIT;
	int r = rights_assume(rights);

	/* After the change of identity, which clears it; the parent may have died before. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	if (r < 0)
		error_set(&err, ERROR_MACHINE, -r, "cannot become user %u: %s",
			  (unsigned int)rights->uid, strerror(-r));
	else
		r = work(argument, &answer, &err);
	packet.result = r;
	packet.kind = (int)err.kind;
	packet.has_text = answer.text != NULL;
	packet.has_hint = err.hint != NULL;
	keep(packet.text, answer.text);
	keep(packet.message, err.message);
	keep(packet.hint, err.hint);
	/* On failure the parent reads end of file. */
	if (pass_fd_send(socket_fd, &packet, sizeof(packet), answer.fd, 0) < 0)
		_exit(1);
	_exit(0);
}

/* Waits for the packet. 0, or a negative errno: -EIO if the child died before. */
static int receive(int socket_fd, struct packet *packet, int *ret_fd)
{
	struct pollfd item = { socket_fd, POLLIN, 0 };
	int ready;
	ssize_t n;

	while ((ready = poll(&item, 1, TIMEOUT_MS)) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	n = pass_fd_receive(socket_fd, packet, sizeof(*packet), ret_fd);
	if (n < 0)
		return (int)n;
	return n == sizeof(*packet) ? 0 : -EIO;
}

static int unpack(const struct packet *packet, struct as_user_answer *answer, struct error *err)
{
	if (packet->has_text)
		answer->text = xstrdup(packet->text);
	if (packet->result < 0) {
		error_set(err, (enum error_kind)packet->kind, -packet->result, "%s",
			  packet->message);
		if (packet->has_hint)
			error_hint(err, "%s", packet->hint);
	}
	return packet->result;
}

static int fail(int r, struct error *err)
{
	return error_set(err, ERROR_MACHINE, -r, "the child that works for the user failed: %s",
			 strerror(-r));
}

int as_user_call(const struct rights *rights, as_user_work work, void *argument,
		 struct as_user_answer *answer, struct error *err)
{
	_cleanup_free_ struct packet *packet = xcalloc(1, sizeof(*packet));
	pid_t parent = getpid();
	int ends[2];

	if (!rights)
		return work(argument, answer, err);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail(-errno, err);
	_cleanup_close_ int own = ends[0], childs = ends[1];
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return fail(-errno, err);
	if (pid == 0)
		child_main(rights, work, argument, childs, parent);
	close(TAKE_FD(childs));
	int r = receive(own, packet, &answer->fd);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r < 0 ? fail(r, err) : unpack(packet, answer, err);
}
