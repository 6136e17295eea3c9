/* SPDX-License-Identifier: MIT */
#include "alloc/introspect.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc/inject.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"

#define ANSWER_TIMEOUT_NS (2 * NS_PER_SEC)
#define ANSWER_MAX 65536

static void child_write(int fd, const struct strbuf *answer)
{
	for (size_t done = 0; done < answer->len;) {
		ssize_t n = write(fd, answer->buf + done, answer->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		done += (size_t)n;
	}
}

/* Never returns; touches nothing that it shares with the parent. */
static void __attribute__((noreturn))
child(const char *path, const char *const *env, library_question question, int fd)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGSEGV,
				       SIGBUS, SIGABRT, SIGILL, SIGFPE };
	struct strbuf answer = STRBUF_INIT;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	for (size_t i = 0; env && env[i]; i++)
		putenv((char *)env[i]);
	/* What it complains about on standard error is no message of madvisor's. */
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (!handle)
		_exit(1);
	question(handle, &answer);
	child_write(fd, &answer);
	_exit(0);
}

/* Reads until the child closes its end, or the time is up. */
static int read_answer(int fd, struct strbuf *answer)
{
	uint64_t deadline_ns = clock_now_ns(&clock_real) + ANSWER_TIMEOUT_NS;
	char chunk[4096];
	size_t total = 0;

	for (;;) {
		uint64_t now_ns = clock_now_ns(&clock_real);
		struct pollfd ready = { fd, POLLIN, 0 };

		if (now_ns >= deadline_ns || total > ANSWER_MAX)
			return -EIO;
		if (poll(&ready, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1) <= 0)
			continue;
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -EIO;
		if (n > 0) {
			strbuf_add(answer, chunk, (size_t)n);
			total += (size_t)n;
		}
	}
}

int library_ask(const char *path, const char *const *env, library_question question,
		struct strbuf *answer)
{
	int fds[2], status = 0;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -EIO;
	_cleanup_close_ int read_fd = fds[0], write_fd = fds[1];
	pid_t pid = fork();
	if (pid < 0)
		return -EIO;
	if (pid == 0)
		child(path, env, question, write_fd);
	close(TAKE_FD(write_fd));
	int r = read_answer(read_fd, answer);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 ? -EIO : 0;
}

int library_run(const struct library *library, const char *const *env, struct spawn_result *result,
		struct error *err)
{
	const char *preload = library->origin == LIBRARY_LIBC ? NULL : library->path;
	char **changes = injection_changes(preload, library->allocator, env, environ);
	const struct spawn spawn = {
		.argv = (const char *const[]){ "true", NULL },
		.env = (const char *const *)changes,
	};
	int r = spawn_capture(&spawn, result, err);

	strv_free(changes);
	return r;
}
