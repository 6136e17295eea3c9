/* SPDX-License-Identifier: MIT */
#include "launch/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "launch/census.h"
#include "launch/interrupt.h"
#include "launch/offspring.h"

enum {
	REPORT_MAX_BYTES = 1 << 20,
	ERR_TAIL_BYTES = 4096,
	ERR_HEAD_BYTES = 1 << 16,
	CHUNK_BYTES = WIRES_PIPE_BYTES, /* one read empties a pipe */
	DRAIN_READS = 4,
	/* A cooperating program is one process; a tree of processes is dear to add up. */
	PROCESS_CHECK_NS = 20 * 1000 * 1000,
	TREE_CHECK_NS = 200 * 1000 * 1000,
};

static int fail_pipe(int r, struct error *err)
{
	error_set(err, ERROR_MACHINE, -r, "cannot make a pipe: %s", strerror(-r));
	if (r == -EMFILE)
		error_hint(err, "let it have more open files: `ulimit -n`");
	return r;
}

/* Forks the child up to its gate. */
static int fork_child(struct watch *watch, struct error *err)
{
	pid_t parent = getpid();
	int r = wires_open(&watch->wires, watch->launch);

	if (r < 0)
		return fail_pipe(r, err);
	watch->pid = fork();
	if (watch->pid < 0) {
		error_set(err, ERROR_MACHINE, errno, "cannot fork: %s", strerror(errno));
		error_hint(err, "see `ulimit -u` and the pids limit of the cgroup");
		return -EAGAIN;
	}
	if (watch->pid == 0)
		child_main(watch->launch, &watch->wires, parent);
	setpgid(watch->pid, watch->pid);
	wires_close_childs(&watch->wires);
	watch->pid_fd = pidfd_open(watch->pid, 0);
	if (watch->pid_fd < 0) {
		int code = errno;

		error_set(err, ERROR_MACHINE, code, "cannot watch a process: %s", strerror(code));
		error_hint(err, code == EMFILE ? "let it have more open files: `ulimit -n`"
					       : "madvisor needs Linux 5.3 or newer (pidfd_open)");
		return -code;
	}
	return 0;
}

static int fail_child(const struct watch *watch, int code, struct error *err)
{
	error_set(err, ERROR_TARGET, code, "cannot run %s: %s", watch->launch->argv[0],
		  strerror(code));
	if (code == ENOENT)
		error_hint(err, "check its name, and that its interpreter exists");
	else if (code == EACCES)
		error_hint(err, "check that it is executable for the user it runs as");
	else if (code == ENOEXEC)
		error_hint(err, "check that it is a program for this machine");
	else if (code == EMFILE)
		error_hint(err, "let it have more open files: `ulimit -n`");
	return -code;
}

/* Lets the child through its gate and learns whether exec worked. */
static int open_gate(struct watch *watch, struct error *err)
{
	int code = 0;

	watch->started_ns = clock_now_ns(&clock_real);
	if (write(watch->wires.gate[1], "", 1) != 1)
		return error_set(err, ERROR_TARGET, ECHILD, "%s died before it started",
				 watch->launch->argv[0]);
	if (read(watch->wires.failed[0], &code, sizeof(code)) != sizeof(code))
		return 0;
	return fail_child(watch, code, err);
}

/* A probe finds nothing to attach to where the child has failed before its gate, which is then the reason. */
static int open_probe(struct watch *watch, struct error *err)
{
	const struct launch *launch = watch->launch;
	_cleanup_error_ struct error unattached = ERROR_INIT;
	struct pollfd failed = { watch->wires.failed[0], POLLIN, 0 };
	int code;
	int r = probe_open(launch->probe, watch->pid,
			   launch->cooperating ? PROBE_AT_ENABLE : PROBE_AT_EXEC, &watch->session,
			   &unattached);

	if (r == 0)
		return 0;
	if (poll(&failed, 1, 0) > 0 && read(failed.fd, &code, sizeof(code)) == sizeof(code))
		return fail_child(watch, code, err);
	if (err) {
		*err = unattached;
		unattached = (struct error)ERROR_INIT;
	}
	return r;
}

/* Keeps the last `max` bytes of a text. */
static void keep_tail(struct strbuf *text, size_t max)
{
	if (text->len <= max)
		return;
	memmove(text->buf, text->buf + text->len - max, max);
	strbuf_truncate(text, max);
}

/* Keeps the first `max` bytes of a stream. */
static void keep_head(struct strbuf *text, const char *chunk, size_t len, size_t max)
{
	strbuf_add(text, chunk, text->len + len <= max ? len : max - text->len);
}

/* Takes what a stream of the child has to say; closes it at its end. */
static void drain(struct watch *watch, int *fd)
{
	static char chunk[CHUNK_BYTES];
	struct outcome *outcome = watch->outcome;
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(TAKE_FD(*fd));
	} else if (fd == &watch->wires.err[0]) {
		keep_head(&outcome->err_head, chunk, (size_t)n, ERR_HEAD_BYTES);
		strbuf_add(&outcome->err_text, chunk, (size_t)n);
		keep_tail(&outcome->err_text, ERR_TAIL_BYTES);
	} else if (fd == &watch->wires.report[0]) {
		keep_head(&outcome->report, chunk, (size_t)n, REPORT_MAX_BYTES);
	} else {
		printed_add(&outcome->out, chunk, (size_t)n);
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

void watch_stop(struct watch *watch, enum launch_end end)
{
	if (watch->outcome->end == LAUNCH_EXITED)
		watch->outcome->end = end;
	kill(-watch->pid, SIGKILL);
	kill(watch->pid, SIGKILL);
}

void watch_ask(struct watch *watch, enum launch_end end, uint64_t grace_ns)
{
	if (watch->kill_at_ns)
		return;
	if (watch->outcome->end == LAUNCH_EXITED)
		watch->outcome->end = end;
	watch->kill_at_ns = clock_now_ns(&clock_real) + grace_ns;
	kill(watch->pid, SIGTERM);
}

/* Of one that was asked to end, its time to do so; of others, the time that they have at all. */
static void check_time(struct watch *watch, uint64_t now_ns)
{
	const struct launch *launch = watch->launch;

	if (watch->kill_at_ns && now_ns >= watch->kill_at_ns) {
		watch->outcome->had_to_be_killed = true;
		watch_stop(watch, watch->outcome->end);
	} else if (launch->timeout_ns && now_ns - watch->started_ns >= launch->timeout_ns) {
		if (launch->grace_ns)
			watch_ask(watch, LAUNCH_TIMEOUT, launch->grace_ns);
		else
			watch_stop(watch, LAUNCH_TIMEOUT);
	}
}

static void check_memory(struct watch *watch, uint64_t now_ns)
{
	bool alone = watch->launch->cooperating;
	uint64_t rss_bytes = alone ? process_rss_bytes(watch->pid) : tree_rss_bytes(watch->pid);

	if (rss_bytes > watch->launch->memory_max_bytes)
		watch_stop(watch, LAUNCH_MEMORY);
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
	if (launch->census) {
		census_look(launch->census, now_ns);
		arena_watch_look(&watch->arenas, census_busiest(launch->census), now_ns);
	}
	check_time(watch, now_ns);
	if (launch->memory_max_bytes && now_ns >= watch->next_memory_ns)
		check_memory(watch, now_ns);
	uint64_t wait_ns = watch->next_sample_ns > now_ns ? watch->next_sample_ns - now_ns : 0;
	return (int)(wait_ns / NS_PER_MS) + 1;
}

/* The places of one process among the descriptors that are polled. */
enum { SLOT_PID, SLOT_SYNC, SLOT_ERR, SLOT_REPORT, SLOT_OUT, SLOT_COUNT };

static void fill_poll(const struct watch *watch, struct pollfd *fds)
{
	const struct wires *wires = &watch->wires;
	const int numbers[SLOT_COUNT] = { watch->pid_fd, wires->sync[0], wires->err[0],
					  wires->report[0], wires->out[0] };

	for (size_t i = 0; i < SLOT_COUNT; i++)
		fds[i] = (struct pollfd){ watch->ended ? -1 : numbers[i], POLLIN, 0 };
}

static void handle_poll(struct watch *watch, const struct pollfd *fds)
{
	struct wires *wires = &watch->wires;

	if (fds[SLOT_SYNC].revents)
		handle_sync(watch);
	if (fds[SLOT_ERR].revents)
		drain(watch, &wires->err[0]);
	if (fds[SLOT_REPORT].revents)
		drain(watch, &wires->report[0]);
	if (fds[SLOT_OUT].revents)
		drain(watch, &wires->out[0]);
	if (!fds[SLOT_PID].revents)
		return;
	watch->ended = true;
	watch->outcome->wall_ns = clock_now_ns(&clock_real) - watch->started_ns;
}

void watch_pump(struct watch *const *watches, size_t count, int wait_ms)
{
	struct pollfd fds[WATCHES_MAX * SLOT_COUNT + 1];
	struct pollfd *interrupt = &fds[count * SLOT_COUNT];

	for (size_t i = 0; i < count; i++) {
		int due_ms = watches[i]->ended ? wait_ms : tick(watches[i]);

		wait_ms = due_ms < wait_ms ? due_ms : wait_ms;
		fill_poll(watches[i], &fds[i * SLOT_COUNT]);
	}
	*interrupt = (struct pollfd){ interrupt_fd(), POLLIN, 0 };
	if (poll(fds, count * SLOT_COUNT + 1, wait_ms) <= 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (interrupt->revents && !watches[i]->ended)
			watch_stop(watches[i], LAUNCH_INTERRUPTED);
		if (!watches[i]->ended)
			handle_poll(watches[i], &fds[i * SLOT_COUNT]);
	}
}

/*
 * What the dead child had still in a pipe: one read takes all that a pipe can hold, another sees its end. Its
 * offspring may hold the pipe open, or go on writing: never blocks, and does not go on for ever.
 */
static void drain_rest(struct watch *watch, int *fd)
{
	for (size_t i = 0; *fd >= 0 && i < DRAIN_READS; i++) {
		struct pollfd fds = { *fd, POLLIN, 0 };

		if (poll(&fds, 1, 0) <= 0)
			return;
		drain(watch, fd);
	}
}

static void settle_census(struct watch *watch)
{
	size_t count;
	struct process_share *shares = probe_take_shares(watch->session, &count);

	census_settle(watch->launch->census, shares, count);
	free(shares);
}

static int fail_wait(const struct watch *watch, struct error *err)
{
	int code = errno;

	error_set(err, ERROR_MACHINE, code, "cannot learn how %s ended: %s", watch->launch->argv[0],
		  strerror(code));
	error_hint(err, "run it again");
	return -code;
}

/* Reads the child's last figures while it is a zombie, then reaps it. */
int watch_finish(struct watch *watch, struct error *err)
{
	struct outcome *outcome = watch->outcome;
	struct rusage usage;
	int status;
	pid_t reaped;

	drain_rest(watch, &watch->wires.err[0]);
	drain_rest(watch, &watch->wires.report[0]);
	drain_rest(watch, &watch->wires.out[0]);
	probe_sample(watch->session);
	if (watch->launch->census)
		census_end(watch->launch->census);
	while ((reaped = wait4(watch->pid, &status, 0, &usage)) < 0 && errno == EINTR)
		;
	int r = reaped < 0 ? fail_wait(watch, err) : 0;
	if (r == 0)
		outcome->exit_status =
			WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	probe_finish(watch->session, reaped < 0 ? NULL : &usage, &outcome->metrics);
	arena_watch_metrics(&watch->arenas, &outcome->metrics);
	if (watch->launch->census)
		settle_census(watch);
	outcome->stacks = probe_take_stacks(watch->session);
	outcome->probe_note = probe_note(watch->session);
	watch->pid = -1;
	return r;
}

int watch_start(struct watch *watch, const struct launch *launch, struct outcome *outcome,
		struct error *err)
{
	*watch = (struct watch){ .launch = launch, .outcome = outcome, .pid = -1, .pid_fd = -1 };
	metrics_init(&outcome->metrics);
	printed_init(&outcome->out);
	int r = fork_child(watch, err);
	if (r == 0)
		r = open_probe(watch, err);
	if (r == 0 && launch->census) {
		pid_t helper = probe_helper(watch->session);

		census_begin(launch->census, watch->pid, &helper);
	}
	return r < 0 ? r : open_gate(watch, err);
}

void watch_kill(struct watch *watch)
{
	if (watch->pid > 0)
		kill(watch->pid, SIGKILL);
}

void watch_release(struct watch *watch)
{
	probe_close(watch->session);
	wires_close(&watch->wires);
	if (watch->pid_fd >= 0)
		close(watch->pid_fd);
}
