/* SPDX-License-Identifier: MIT */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
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

/* In the child: says by the pipe why the command does not run. */
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
	sigset_t none;

	char **env = environment_with(environ, spawn->env);
	if (spawn->confined) {
		int code = start_confined(spawn, env, out_fd, err_fd, ret_pid);

		strv_free(env);
		return -code;
	}
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, err_fd, 2);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	int r = posix_spawnp(ret_pid, spawn->argv[0], &actions, &attr, (char *const *)spawn->argv,
			     env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	strv_free(env);
	return -r;
}

/* Reads both streams until they end. */
static int collect(int out_fd, int err_fd, struct spawn_result *result, uint64_t deadline_ns,
		   size_t max)
{
	struct pollfd fds[2] = { { out_fd, POLLIN, 0 }, { err_fd, POLLIN, 0 } };
	struct strbuf *texts[2] = { &result->out, &result->err };
	char chunk[8192];

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		uint64_t now_ns = clock_now_ns(&clock_real);

		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		int ready = poll(fds, 2, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; ready > 0 && i < 2; i++) {
			if (!fds[i].revents)
				continue;
			ssize_t n = read(fds[i].fd, chunk, sizeof(chunk));
			if (n <= 0) {
				if (n == 0 || errno != EINTR)
					fds[i].fd = -1;
				continue;
			}
			if (texts[i]->len + (size_t)n > max)
				return -EFBIG;
			strbuf_add(texts[i], chunk, (size_t)n);
		}
	}
	return 0;
}

/* Waits for the exit of a child whose streams have ended, killing it when its time is up. */
static int reap(pid_t pid, int collected, uint64_t deadline_ns, int *ret_status)
{
	int status = 0;

	if (collected < 0)
		kill(-pid, SIGKILL);
	while (collected == 0) {
		pid_t done = waitpid(pid, &status, WNOHANG);

		if (done == pid)
			break;
		if (clock_now_ns(&clock_real) >= deadline_ns) {
			kill(-pid, SIGKILL);
			collected = -ETIMEDOUT;
		} else {
			usleep(1000);
		}
	}
	if (collected < 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	else
		kill(-pid, SIGKILL); /* whatever it left behind in its group */
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return collected;
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
	r = collect(out_read, err_read, result, deadline_ns, max);
	r = reap(pid, r, deadline_ns, &result->exit_status);
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
