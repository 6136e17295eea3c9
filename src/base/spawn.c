/* SPDX-License-Identifier: MIT */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "base/xalloc.h"

void strv_free(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
}

/* Whether two "NAME" or "NAME=value" texts speak of the same variable. */
static bool same_variable(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return len == strcspn(b, "=") && !strncmp(a, b, len);
}

static void drop_variable(char **items, size_t *count, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		if (same_variable(items[i], name))
			free(items[i]);
		else
			items[kept++] = items[i];
	}
	*count = kept;
}

char **environment_with(char *const *environment, const char *const *changes)
{
	char **items = NULL;
	size_t count = 0, alloc = 0;

	for (size_t i = 0; environment[i]; i++)
		*ARRAY_PUSH(items, count, alloc) = xstrdup(environment[i]);
	for (size_t i = 0; changes && changes[i]; i++) {
		drop_variable(items, &count, changes[i]);
		if (strchr(changes[i], '='))
			*ARRAY_PUSH(items, count, alloc) = xstrdup(changes[i]);
	}
	*ARRAY_PUSH(items, count, alloc) = NULL;
	return items;
}

/* In the child: reports by the pipe why the command did not start. */
static void __attribute__((noreturn))
become_command(const struct spawn *spawn, pid_t parent, char **env, int out_fd, int err_fd,
	       int failure_fd)
{
	struct confined confined = *spawn->confined;
	int *keep = xcalloc(confined.keep_count + 1, sizeof(*keep));

	for (size_t i = 0; i < confined.keep_count; i++)
		keep[i] = confined.keep[i];
	keep[confined.keep_count++] = failure_fd;
	confined.keep = keep;
	confined.timeout_ns = spawn->timeout_ns;
	int in_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int code = setpgid(0, 0) < 0 || in_fd < 0 || dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 ||
				   dup2(err_fd, 2) < 0
			   ? errno
			   : -confined_enter(&confined, parent);
	if (!code) {
		execvpe(spawn->argv[0], (char *const *)spawn->argv, env);
		code = errno;
	}
	if (write(failure_fd, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

static int start_confined(const struct spawn *spawn, char **env, int out_fd, int err_fd,
			  pid_t *ret_pid)
{
	pid_t parent = getpid();
	int failure[2], code = 0;

	if (pipe2(failure, O_CLOEXEC) < 0)
		return errno;
	*ret_pid = fork();
	if (*ret_pid == 0)
		become_command(spawn, parent, env, out_fd, err_fd, failure[1]);
	if (*ret_pid < 0)
		code = errno;
	close(failure[1]);
	if (!code && read(failure[0], &code, sizeof(code)) > 0)
		while (waitpid(*ret_pid, NULL, 0) < 0 && errno == EINTR)
			;
	close(failure[0]);
	return code;
}

static int start(const struct spawn *spawn, int out_fd, int err_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, most;

	char **env = environment_with(environ, spawn->env);
	if (spawn->confined) {
		int code = start_confined(spawn, env, out_fd, err_fd, ret_pid);

		strv_free(env);
		return -code;
	}
	sigemptyset(&none);
	/* As start_reset_signals() has it. */
	sigfillset(&most);
	sigdelset(&most, SIGHUP);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, err_fd, 2);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &most);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	int r = posix_spawnp(ret_pid, spawn->argv[0], &actions, &attr, (char *const *)spawn->argv,
			     env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	strv_free(env);
	return -r;
}

/* Reads the available bytes of a stream. -1 in *fd at its end. */
static int take(int *fd, struct strbuf *text, size_t max)
{
	char chunk[8192];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		*fd = -1;
		return 0;
	}
	if (text->len + (size_t)n > max)
		return -EFBIG;
	strbuf_add(text, chunk, (size_t)n);
	return 0;
}

/*
 * Reads both streams until the command has exited and its output is drained. Its children may keep
 * the streams open for longer; their output is not awaited.
 */
static int collect(int pid_fd, int out_fd, int err_fd, struct spawn_result *result,
		   uint64_t deadline_ns, size_t max)
{
	struct pollfd fds[] = { { out_fd, POLLIN, 0 },
				{ err_fd, POLLIN, 0 },
				{ pid_fd, POLLIN, 0 } };
	struct strbuf *const texts[] = { &result->out, &result->err };

	for (;;) {
		uint64_t now_ns = clock_now_ns(&clock_real);

		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		int ready = poll(fds, 3, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready <= 0)
			continue;
		bool has_more = false;
		for (int i = 0; i < 2; i++) {
			if (!fds[i].revents)
				continue;
			int r = take(&fds[i].fd, texts[i], max);
			if (r < 0)
				return r;
			has_more = true;
		}
		if (fds[2].revents && !has_more)
			return 0;
	}
}

/*
 * Kills the rest of a command's process group, then reaps the command: until then the kernel cannot
 * reuse its pid or process group.
 */
static int kill_and_reap(pid_t pid)
{
	int status;

	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int spawn_capture(const struct spawn *spawn, struct spawn_result *result, struct error *err)
{
	uint64_t timeout_ns = spawn->timeout_ns ? spawn->timeout_ns : 10 * NS_PER_SEC;
	uint64_t deadline_ns = clock_now_ns(&clock_real) + timeout_ns;
	size_t max = spawn->output_max ? spawn->output_max : 1 << 20;
	int out[2], errs[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return error_set(err, ERROR_MACHINE, errno, "cannot make a pipe: %s",
				 strerror(errno));
	_cleanup_close_ int out_read = out[0], out_write = out[1];
	if (pipe2(errs, O_CLOEXEC) < 0)
		return error_set(err, ERROR_MACHINE, errno, "cannot make a pipe: %s",
				 strerror(errno));
	_cleanup_close_ int err_read = errs[0], err_write = errs[1];

	int r = start(spawn, out_write, err_write, &pid);
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "cannot run %s: %s", spawn->argv[0],
				 strerror(-r));
	close(TAKE_FD(out_write));
	close(TAKE_FD(err_write));
	_cleanup_close_ int pid_fd = pidfd_open(pid, 0);
	r = pid_fd < 0 ? -errno : collect(pid_fd, out_read, err_read, result, deadline_ns, max);
	result->exit_status = kill_and_reap(pid);
	result->timed_out = r == -ETIMEDOUT;
	if (r == -ETIMEDOUT)
		return error_set(err, ERROR_MACHINE, ETIMEDOUT, "%s did not end within %.0f s",
				 spawn->argv[0], (double)timeout_ns / 1e9);
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "%s: %s", spawn->argv[0], strerror(-r));
	return 0;
}

void spawn_result_release(struct spawn_result *result)
{
	if (!result)
		return;
	strbuf_release(&result->out);
	strbuf_release(&result->err);
}
