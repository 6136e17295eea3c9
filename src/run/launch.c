/* SPDX-License-Identifier: MIT */
#include "run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "run/interrupt.h"
#include "run/offspring.h"

enum {
	REPORT_MAX_BYTES = 1 << 20,
	ERR_TAIL_BYTES = 4096,
	/* A cooperating program is one process; a tree of processes is dear to add up. */
	PROCESS_CHECK_NS = 20 * 1000 * 1000,
	TREE_CHECK_NS = 200 * 1000 * 1000,
};

/* The pipes between madvisor and one child; -1 where closed. */
struct wires {
	int gate[2];   /* the child reads one byte before it execs */
	int failed[2]; /* closed by exec, else carries the errno of a failed one */
	int err[2];
	int report[2];
	int sync[2];
};

/* A child under watch. */
struct watch {
	const struct launch *launch;
	struct outcome *outcome;
	struct probe_session *session;
	struct wires wires;
	pid_t pid;
	int pid_fd;
	uint64_t started_ns;
	uint64_t next_sample_ns;
	uint64_t next_memory_ns;
};

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(TAKE_FD(pair[i]));
}

static void wires_close(struct wires *wires)
{
	close_pair(wires->gate);
	close_pair(wires->failed);
	close_pair(wires->err);
	close_pair(wires->report);
	close_pair(wires->sync);
}

static int wires_open(struct wires *wires, bool cooperating)
{
	memset(wires, -1, sizeof(*wires));
	if (pipe2(wires->gate, O_CLOEXEC) < 0 || pipe2(wires->failed, O_CLOEXEC) < 0 ||
	    pipe2(wires->err, O_CLOEXEC) < 0)
		return -errno;
	if (cooperating &&
	    (pipe2(wires->report, O_CLOEXEC) < 0 ||
	     socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wires->sync) < 0))
		return -errno;
	return 0;
}

/* Puts a descriptor at its number in the child, open across exec. */
static int place(int fd, int number)
{
	return dup2(fd, number) < 0 ? -errno : 0;
}

/*
 * The child's descriptors 0 to 4. All sources are moved above the fixed numbers first, so that none is
 * overwritten before it is placed.
 */
static int place_descriptors(const struct wires *wires, bool cooperating)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int report_fd = -1, sync_fd = -1;
	int err_fd = fcntl(wires->err[1], F_DUPFD_CLOEXEC, 64);

	if (null_fd < 0 || err_fd < 0)
		return -errno;
	if (cooperating) {
		report_fd = fcntl(wires->report[1], F_DUPFD_CLOEXEC, 64);
		sync_fd = fcntl(wires->sync[1], F_DUPFD_CLOEXEC, 64);
		if (report_fd < 0 || sync_fd < 0)
			return -errno;
	}
	int r = place(null_fd, 0);
	r = r < 0 ? r : place(null_fd, 1);
	r = r < 0 ? r : place(err_fd, 2);
	if (cooperating) {
		r = r < 0 ? r : place(report_fd, LAUNCH_REPORT_FD);
		r = r < 0 ? r : place(sync_fd, LAUNCH_SYNC_FD);
	}
	return r;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int prepare_child(const struct launch *launch, const struct wires *wires, pid_t parent)
{
	char byte;

	setpgid(0, 0);
	reset_signals();
	if (launch->cpus && sched_setaffinity(0, sizeof(*launch->cpus), launch->cpus) < 0)
		return -errno;
	int gate_fd = fcntl(wires->gate[0], F_DUPFD_CLOEXEC, 64);
	int r = place_descriptors(wires, launch->cooperating);
	if (r < 0)
		return r;
	r = identity_assume(launch->identity);
	if (r < 0)
		return r;
	/* After the change of identity, which clears it; the parent may have died before. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		return -ESRCH;
	r = probe_prepare_child(launch->probe);
	if (r < 0)
		return r;
	return read(gate_fd, &byte, 1) == 1 ? 0 : -ECANCELED;
}

__attribute__((noreturn)) static void child_main(const struct launch *launch, struct wires *wires,
						 pid_t parent)
{
	/* The ends of the parent, so that a parent that dies is seen as an end of file. */
	close(wires->gate[1]);
	int failed_fd = fcntl(wires->failed[1], F_DUPFD_CLOEXEC, 64);
	int code = -prepare_child(launch, wires, parent);

	if (!code) {
		execvpe(launch->argv[0], (char *const *)launch->argv, launch->env);
		code = errno;
	}
	if (write(failed_fd, &code, sizeof(code)) < 0) {
		/* Nobody listens any more. */
	}
	_exit(code == ENOENT ? 127 : 126);
}

/* Forks the child up to its gate. */
static int start(struct watch *watch, struct error *err)
{
	pid_t parent = getpid();
	int r = wires_open(&watch->wires, watch->launch->cooperating);

	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "cannot make a pipe: %s", strerror(-r));
	watch->pid = fork();
	if (watch->pid < 0) {
		error_set(err, ERROR_MACHINE, errno, "cannot fork: %s", strerror(errno));
		error_hint(err, "see `ulimit -u` and the pids limit of the cgroup");
		return -EAGAIN;
	}
	if (watch->pid == 0)
		child_main(watch->launch, &watch->wires, parent);
	setpgid(watch->pid, watch->pid);
	close(TAKE_FD(watch->wires.gate[0]));
	close(TAKE_FD(watch->wires.failed[1]));
	close(TAKE_FD(watch->wires.err[1]));
	if (watch->launch->cooperating) {
		close(TAKE_FD(watch->wires.report[1]));
		close(TAKE_FD(watch->wires.sync[1]));
	}
	watch->pid_fd = pidfd_open(watch->pid, 0);
	if (watch->pid_fd < 0) {
		error_set(err, ERROR_MACHINE, errno, "cannot watch a process: %s", strerror(errno));
		error_hint(err, "madvisor needs Linux 5.3 or newer (pidfd_open)");
		return -ENOSYS;
	}
	return 0;
}

/* Lets the child through its gate and learns whether exec worked. */
static int open_gate(struct watch *watch, struct error *err)
{
	const char *program = watch->launch->argv[0];
	int code = 0;

	watch->started_ns = clock_now_ns(&clock_real);
	if (write(watch->wires.gate[1], "", 1) != 1)
		return error_set(err, ERROR_TARGET, ECHILD, "%s died before it started", program);
	if (read(watch->wires.failed[0], &code, sizeof(code)) != sizeof(code))
		return 0;
	error_set(err, ERROR_TARGET, code, "cannot run %s: %s", program, strerror(code));
	if (code == ENOENT)
		error_hint(err, "check its name, and that its interpreter exists");
	else if (code == EACCES)
		error_hint(err, "check that it is executable for the user it runs as");
	else if (code == ENOEXEC)
		error_hint(err, "check that it is a program for this machine");
	return -code;
}

/* Reads what is there; closes at the end. Keeps at most max bytes: the first, or the last. */
static void drain(int *fd, struct strbuf *text, size_t max, bool keep_last)
{
	char chunk[4096];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(TAKE_FD(*fd));
		return;
	}
	if (!keep_last) {
		strbuf_add(text, chunk, text->len + (size_t)n <= max ? (size_t)n : max - text->len);
		return;
	}
	strbuf_add(text, chunk, (size_t)n);
	if (text->len > max) {
		size_t surplus = text->len - max;

		memmove(text->buf, text->buf + surplus, max);
		strbuf_truncate(text, max);
	}
}

/* Answers the workload's announcements of its measured phase. */
static void handle_sync(struct watch *watch)
{
	char text[8];
	ssize_t n = read(watch->wires.sync[0], text, sizeof(text));

	if (n <= 0) {
		if (n == 0 || errno != EINTR)
			close(TAKE_FD(watch->wires.sync[0]));
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] != 'B' && text[i] != 'E')
			continue;
		if (text[i] == 'B')
			probe_enable(watch->session);
		else
			probe_disable(watch->session);
		if (send(watch->wires.sync[0], "", 1, MSG_NOSIGNAL) < 0)
			close(TAKE_FD(watch->wires.sync[0]));
	}
}

static void stop(struct watch *watch, enum launch_end end)
{
	if (watch->outcome->end == LAUNCH_EXITED)
		watch->outcome->end = end;
	kill(-watch->pid, SIGKILL);
	kill(watch->pid, SIGKILL);
}

static void check_memory(struct watch *watch, uint64_t now_ns)
{
	bool alone = watch->launch->cooperating;
	uint64_t rss_bytes = alone ? process_rss_bytes(watch->pid) : tree_rss_bytes(watch->pid);

	if (rss_bytes > watch->launch->memory_max_bytes)
		stop(watch, LAUNCH_MEMORY);
	watch->next_memory_ns = now_ns + (alone ? PROCESS_CHECK_NS : TREE_CHECK_NS);
}

/* What is due by the clock; returns the milliseconds until something is due again. */
static int tick(struct watch *watch)
{
	const struct launch *launch = watch->launch;
	uint64_t now_ns = clock_now_ns(&clock_real);
	uint64_t period_ns = probe_sample_period_ns(watch->session);

	if (now_ns >= watch->next_sample_ns) {
		probe_sample(watch->session);
		watch->next_sample_ns = now_ns + period_ns;
	}
	if (launch->timeout_ns && now_ns - watch->started_ns >= launch->timeout_ns)
		stop(watch, LAUNCH_TIMEOUT);
	if (launch->memory_max_bytes && now_ns >= watch->next_memory_ns)
		check_memory(watch, now_ns);
	uint64_t wait_ns = watch->next_sample_ns > now_ns ? watch->next_sample_ns - now_ns : 0;
	return (int)(wait_ns / NS_PER_MS) + 1;
}

/* Until the child has exited and its streams hold nothing more. */
static void supervise(struct watch *watch)
{
	struct wires *wires = &watch->wires;
	bool alive = true;

	while (alive) {
		struct pollfd fds[] = {
			{ watch->pid_fd, POLLIN, 0 },	   { wires->err[0], POLLIN, 0 },
			{ wires->report[0], POLLIN, 0 }, { wires->sync[0], POLLIN, 0 },
			{ interrupt_fd(), POLLIN, 0 },
		};
		int ready = poll(fds, 5, tick(watch));

		if (ready <= 0)
			continue;
		if (fds[1].revents)
			drain(&wires->err[0], &watch->outcome->err_text, ERR_TAIL_BYTES, true);
		if (fds[2].revents)
			drain(&wires->report[0], &watch->outcome->report, REPORT_MAX_BYTES, false);
		if (fds[3].revents)
			handle_sync(watch);
		if (fds[4].revents)
			stop(watch, LAUNCH_INTERRUPTED);
		alive = !fds[0].revents;
	}
	watch->outcome->wall_ns = clock_now_ns(&clock_real) - watch->started_ns;
}

/* What the dead child had still in its pipes; its offspring may hold them open, so never blocks. */
static void drain_rest(int *fd, struct strbuf *text, size_t max, bool keep_last)
{
	if (*fd < 0)
		return;
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	for (size_t i = 0; *fd >= 0 && i < REPORT_MAX_BYTES / 4096; i++) {
		struct pollfd fds = { *fd, POLLIN, 0 };

		if (poll(&fds, 1, 0) <= 0)
			return;
		drain(fd, text, max, keep_last);
	}
}

/* Reads the child's last figures while it is a zombie, then reaps it. */
static void finish(struct watch *watch)
{
	struct outcome *outcome = watch->outcome;
	struct rusage usage;
	int status;

	drain_rest(&watch->wires.err[0], &outcome->err_text, ERR_TAIL_BYTES, true);
	drain_rest(&watch->wires.report[0], &outcome->report, REPORT_MAX_BYTES, false);
	while (wait4(watch->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	outcome->exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	probe_finish(watch->session, &usage, &outcome->metrics);
}

int launch_run(const struct launch *launch, struct outcome *outcome, struct error *err)
{
	struct watch watch = { .launch = launch, .outcome = outcome, .pid = -1, .pid_fd = -1 };

	metrics_init(&outcome->metrics);
	int r = start(&watch, err);
	if (r == 0)
		r = probe_open(launch->probe, watch.pid,
			       launch->cooperating ? PROBE_AT_ENABLE : PROBE_AT_EXEC, &watch.session,
			       err);
	if (r == 0)
		r = open_gate(&watch, err);
	if (r == 0) {
		supervise(&watch);
		finish(&watch);
		watch.pid = -1;
	}
	if (watch.pid > 0)
		kill(watch.pid, SIGKILL);
	outcome->left_behind = offspring_kill_all();
	probe_close(watch.session);
	wires_close(&watch.wires);
	if (watch.pid_fd >= 0)
		close(watch.pid_fd);
	return r;
}

void outcome_release(struct outcome *outcome)
{
	if (!outcome)
		return;
	strbuf_release(&outcome->report);
	strbuf_release(&outcome->err_text);
}
