/* SPDX-License-Identifier: MIT */
#include "base/confined.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/idle.h"
#include "base/pass-fd.h"
#include "base/rootless.h"
#include "base/units.h"
#include "base/xalloc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

enum { DESCRIPTORS = 1024, MESSAGE_MAX = 4096, CHILDREN_MAX = 256 };
#define TIMEOUT_NS (10 * NS_PER_SEC)
#define MEMORY_BYTES (1ULL << 30)
#define ANSWER_MAX (1U << 20)
/* Address space, for mappings that are not written: large files, reservations of allocators. */
#define ADDRESS_BYTES (1ULL << 40)

/* The header of an answer. */
struct head {
	int32_t result;
	int32_t kind;
	uint32_t message_bytes;
	uint32_t hint_bytes;
};

/* In the child: its end of the socket to serve(); -1: none. */
static int request_fd = -1;

/* Live children. The lock is held over fork, so that each is listed before others can look. */
static struct {
	pthread_mutex_t lock;
	pid_t items[CHILDREN_MAX];
	size_t count;
} children = { .lock = PTHREAD_MUTEX_INITIALIZER };

bool confined_is_child(pid_t pid)
{
	bool found = false;

	pthread_mutex_lock(&children.lock);
	for (size_t i = 0; i < children.count && !found; i++)
		found = children.items[i] == pid;
	pthread_mutex_unlock(&children.lock);
	return found;
}

/* fork(2), with an entry in the list. The child, alone in its copy, must not look at the list. */
static pid_t fork_child(void)
{
	pthread_mutex_lock(&children.lock);
	pid_t pid = children.count < CHILDREN_MAX ? fork() : (errno = EAGAIN, -1);
	if (pid > 0)
		children.items[children.count++] = pid;
	int code = errno;
	if (pid != 0)
		pthread_mutex_unlock(&children.lock);
	errno = code;
	return pid;
}

/* Removes a reaped child. */
static void forget_child(pid_t pid)
{
	pthread_mutex_lock(&children.lock);
	for (size_t i = 0; i < children.count; i++)
		if (children.items[i] == pid)
			children.items[i] = children.items[--children.count];
	pthread_mutex_unlock(&children.lock);
}

static uint64_t timeout_of(const struct confined *confined)
{
	return confined->timeout_ns ? confined->timeout_ns : TIMEOUT_NS;
}

static void limit(int resource, uint64_t value)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return;
	if (now.rlim_max == RLIM_INFINITY || value < now.rlim_max)
		now.rlim_max = value;
	now.rlim_cur = now.rlim_max;
	setrlimit(resource, &now);
}

static void set_limits(const struct confined *confined)
{
	uint64_t cpu_s = timeout_of(confined) / NS_PER_SEC + 1;

	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, cpu_s);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, confined->descriptors ? confined->descriptors : DESCRIPTORS);
	if (SANITIZED)
		return;
	limit(RLIMIT_DATA, confined->memory_bytes ? confined->memory_bytes : MEMORY_BYTES);
	limit(RLIMIT_AS, ADDRESS_BYTES);
}

static int compare_numbers(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

static void close_from_to(int first, int last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	/* Before Linux 5.9. */
	long most = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd <= last && fd < most; fd++)
		close(fd);
}

/* Closes all descriptors from 3 on except those in the list, which it sorts. */
static void close_others(int *keep, size_t count)
{
	int next = STDERR_FILENO + 1;

	qsort(keep, count, sizeof(*keep), compare_numbers);
	for (size_t i = 0; i < count; i++) {
		if (keep[i] < next)
			continue;
		close_from_to(next, keep[i] - 1);
		next = keep[i] + 1;
	}
	close_from_to(next, INT32_MAX);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, &none) < 0 ? -errno : 0;
}

static int enter(const struct confined *confined, pid_t parent, int *keep, size_t keep_count)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_others(keep, keep_count);
	set_limits(confined);
	int r = confined->rights ? rights_assume(confined->rights) : 0;
	/* No other user is there to become: an ordinary user's rights are what is left without capabilities. */
	if ((r == -EPERM || r == -EINVAL) && rootless_is_alone(&rootfs_real))
		r = 0;
	if (r == 0)
		r = drop_capabilities();
	if (r < 0)
		return r;
	/* After the change of user, which clears it. The parent may have died already. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		return -ESRCH;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return confined_filter_install();
}

int confined_enter(const struct confined *confined, pid_t parent)
{
	int *keep = xcalloc(confined->keep_count + 1, sizeof(*keep));

	for (size_t i = 0; i < confined->keep_count; i++)
		keep[i] = confined->keep[i];
	int r = enter(confined, parent, keep, confined->keep_count);
	free(keep);
	return r;
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *bytes = data;

	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		bytes += n;
		len -= (size_t)n;
	}
}

static uint32_t bounded_len(const char *text)
{
	return text ? (uint32_t)strnlen(text, MESSAGE_MAX) : 0;
}

/* Replaces the standard streams by /dev/null. */
static int silence(void)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null_fd >= 0 && fd <= STDERR_FILENO; fd++)
		if (dup2(null_fd, fd) < 0)
			return -errno;
	return null_fd < 0 ? -errno : 0;
}

static void __attribute__((noreturn)) child_main(const struct confined *confined, pid_t parent,
						 confined_work work, void *argument, int out)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct strbuf answer = STRBUF_INIT;
	int *keep = xcalloc(confined->keep_count + 2, sizeof(*keep));
	size_t count = 0;

	for (; count < confined->keep_count; count++)
		keep[count] = confined->keep[count];
	keep[count++] = out;
	if (request_fd >= 0)
		keep[count++] = request_fd;
	int r = silence();
	if (r == 0)
		r = enter(confined, parent, keep, count);
	free(keep);
	if (r < 0)
		error_set(&err, ERROR_MACHINE, -r, "cannot be confined: %s", strerror(-r));
	else
		r = work(argument, &answer, &err);
	const struct head head = { r, (int32_t)err.kind, bounded_len(err.message),
				   bounded_len(err.hint) };
	write_all(out, &head, sizeof(head));
	write_all(out, err.message, head.message_bytes);
	write_all(out, err.hint, head.hint_bytes);
	write_all(out, answer.buf, answer.len);
	_exit(0);
}

int confined_request(const void *request, size_t size)
{
	int32_t code = 0;

	if (request_fd < 0 || size > CONFINED_REQUEST_MAX)
		return -EINVAL;
	if (send(request_fd, request, size, MSG_NOSIGNAL) != (ssize_t)size)
		return -EIO;
	_cleanup_close_ int fd = -1;
	if (pass_fd_receive(request_fd, &code, sizeof(code), &fd) != sizeof(code))
		return -EIO;
	if (code < 0 || fd < 0)
		return code < 0 ? code : -EIO;
	return TAKE_FD(fd);
}

/* In the parent: answers one request. False if the child has closed its end. */
static bool serve_one(const struct confined *confined, int socket)
{
	char request[CONFINED_REQUEST_MAX];
	ssize_t size = recv(socket, request, sizeof(request), MSG_DONTWAIT);

	if (size <= 0)
		return size < 0 && (errno == EAGAIN || errno == EINTR);
	_cleanup_close_ int fd = confined->serve(confined->context, request, (size_t)size);
	int32_t code = fd < 0 ? fd : 0;
	return pass_fd_send(socket, &code, sizeof(code), fd, MSG_DONTWAIT) == 0;
}

/* Reads the whole answer: 0, -ETIMEDOUT or -EFBIG. */
static int listen_to(const struct confined *confined, int out, int socket, struct strbuf *said,
		     uint64_t deadline_ns)
{
	size_t max = (confined->answer_max ? confined->answer_max : ANSWER_MAX) +
		     sizeof(struct head) + 2 * MESSAGE_MAX;
	struct pollfd fds[2] = { { out, POLLIN, 0 }, { socket, POLLIN, 0 } };
	char chunk[16384];

	for (;;) {
		uint64_t now_ns = clock_now_ns(&clock_real);

		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		int ready = poll(fds, 2, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready > 0 && fds[1].revents && !serve_one(confined, socket))
			fds[1].fd = -1;
		if (ready <= 0 || !fds[0].revents)
			continue;
		ssize_t n = read(out, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && said->len + (size_t)n > max)
			return -EFBIG;
		if (n > 0)
			strbuf_add(said, chunk, (size_t)n);
	}
}

/* Reaps a child that has sent its answer; kills it if it does not exit, or has timed out. */
static int reap(pid_t pid, int listened, uint64_t deadline_ns, int *ret_status)
{
	while (listened == 0) {
		pid_t done = waitpid(pid, ret_status, WNOHANG);

		if (done == pid)
			return 0;
		if ((done < 0 && errno != EINTR) || clock_now_ns(&clock_real) >= deadline_ns)
			listened = -ETIMEDOUT;
		else
			usleep(200);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return listened;
}

/* The error for a missing answer. */
static int explain_death(const struct confined *confined, int listened, int status,
			 struct error *err)
{
	if (listened == -ETIMEDOUT || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		return error_set(err, ERROR_MACHINE, ETIMEDOUT, "took longer than %.0f s",
				 (double)timeout_of(confined) / 1e9);
	if (listened == -EFBIG)
		return error_set(err, ERROR_MACHINE, EFBIG, "gave an answer without end");
	if (listened < 0)
		return error_set(err, ERROR_MACHINE, -listened, "%s", strerror(-listened));
	if (WIFSIGNALED(status))
		return error_set(err, ERROR_MACHINE, EIO, "crashed (signal %d, %s)",
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
	return error_set(err, ERROR_MACHINE, EIO, "ended without an answer (exit status %d)",
			 WEXITSTATUS(status));
}

static char *escaped(const char *text, size_t len)
{
	_cleanup_free_ char *copy = xstrndup(text, len);
	struct strbuf shown = STRBUF_INIT;

	strbuf_add_escaped(&shown, copy);
	return strbuf_detach(&shown);
}

/* Parses the child's output; -EIO if it is not in the format of child_main(). */
static int take_answer(const struct strbuf *said, struct strbuf *answer, struct error *err)
{
	struct head head;

	if (said->len < sizeof(head))
		return -EIO;
	memcpy(&head, said->buf, sizeof(head));
	const char *message = said->buf + sizeof(head);
	size_t left = said->len - sizeof(head);
	if (head.message_bytes > MESSAGE_MAX || head.hint_bytes > MESSAGE_MAX ||
	    left < (size_t)head.message_bytes + head.hint_bytes || head.result < -4095)
		return -EIO;
	const char *hint = message + head.message_bytes;
	const char *rest = hint + head.hint_bytes;
	strbuf_add(answer, rest, left - head.message_bytes - head.hint_bytes);
	if (head.result >= 0)
		return head.result;
	_cleanup_free_ char *shown_message = escaped(message, head.message_bytes);
	_cleanup_free_ char *shown_hint = escaped(hint, head.hint_bytes);
	error_set(err, head.kind == ERROR_USAGE ? ERROR_USAGE : ERROR_MACHINE, -head.result, "%s",
		  *shown_message ? shown_message : strerror(-head.result));
	if (*shown_hint)
		error_hint(err, "%s", shown_hint);
	return head.result;
}

static int run(const struct confined *confined, confined_work work, void *argument, int sockets[2],
	       struct strbuf *said, int *ret_status)
{
	uint64_t deadline_ns = clock_now_ns(&clock_real) + timeout_of(confined);
	int ends[2];
	pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = fork_child();
	if (pid == 0) {
		idle_child();
		request_fd = sockets[1];
		child_main(confined, parent, work, argument, ends[1]);
	}
	int code = errno;
	close(ends[1]);
	int r = -code;
	if (pid > 0) {
		if (sockets[1] >= 0)
			close(TAKE_FD(sockets[1]));
		r = listen_to(confined, ends[0], sockets[0], said, deadline_ns);
		r = reap(pid, r, deadline_ns, ret_status);
		forget_child(pid);
	}
	close(ends[0]);
	return r;
}

int confined_call(const struct confined *confined, confined_work work, void *argument,
		  struct strbuf *answer, struct error *err)
{
	_cleanup_strbuf_ struct strbuf said = STRBUF_INIT;
	int sockets[2] = { -1, -1 }, status = 0;

	if (confined->serve && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_set(err, ERROR_MACHINE, errno, "cannot make a socket: %s",
				 strerror(errno));
	_cleanup_close_ int ours = sockets[0];
	int listened = run(confined, work, argument, sockets, &said, &status);
	if (sockets[1] >= 0)
		close(sockets[1]);
	if (listened < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return explain_death(confined, listened, status, err);
	int r = take_answer(&said, answer, err);
	if (r == -EIO && err && !err->message)
		error_set(err, ERROR_MACHINE, EIO, "gave no proper answer");
	return r;
}
