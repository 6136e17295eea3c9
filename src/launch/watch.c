/* SPDX-License-Identifier: MIT */
#include "launch/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/selfdir.h"
#include "base/units.h"
#include "launch/census.h"
#include "launch/drain.h"
#include "launch/interrupt.h"
#include "launch/offspring.h"
#include "launcher/protocol.h"

enum {
	/* A cooperating program is one process; adding up a process tree is expensive. */
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

/* The path of madvisor-launcher, found once; NULL: it is missing. */
static const char *find_launcher(void)
{
	static char *path;

	if (!path)
		path = self_companion("madvisor-launcher", X_OK);
	return path;
}

/*
 * Reads a word of the launcher. -ECHILD if it has died or sent another word. The errno of a failure
 * before the program's start is then in the `failed` pipe.
 */
static int hear(struct watch *watch, enum launcher_word_kind kind, struct launcher_word *ret)
{
	ssize_t n;

	while ((n = read(watch->wires.talk[0], ret, sizeof(*ret))) < 0 && errno == EINTR)
		;
	return n == sizeof(*ret) && ret->kind == kind ? 0 : -ECHILD;
}

static bool say(struct watch *watch, char byte)
{
	return send(watch->wires.talk[0], &byte, 1, MSG_NOSIGNAL) == 1;
}

static int fail_early(const struct watch *watch, struct error *err)
{
	int code;

	if (read(watch->wires.failed[0], &code, sizeof(code)) == sizeof(code))
		return fail_child(watch, code, err);
	return error_set(err, ERROR_TARGET, ECHILD, "%s died before it started",
			 watch->launch->argv[0]);
}

/* Forks the launcher, which forks the program up to its gate. */
static int fork_child(struct watch *watch, struct error *err)
{
	const char *launcher = find_launcher();
	struct launcher_word word;
	pid_t parent = getpid();
	int r = wires_open(&watch->wires, watch->launch);

	if (r < 0)
		return fail_pipe(r, err);
	if (!launcher) {
		error_set(err, ERROR_MACHINE, ENOENT, "madvisor-launcher is missing");
		error_hint(err, "build it with `make`");
		return -ENOENT;
	}
	watch->launcher = fork();
	if (watch->launcher < 0) {
		error_set(err, ERROR_MACHINE, errno, "cannot fork: %s", strerror(errno));
		error_hint(err, "see `ulimit -u` and the pids limit of the cgroup");
		return -EAGAIN;
	}
	if (watch->launcher == 0)
		child_main(watch->launch, &watch->wires, launcher, parent);
	offspring_own(watch->launcher);
	wires_close_childs(&watch->wires);
	if (hear(watch, LAUNCHER_PID, &word) < 0)
		return fail_early(watch, err);
	watch->pid = (pid_t)word.value;
	return 0;
}

/* Waits until exec has ended, one way or the other. */
static int check_exec(const struct watch *watch, struct error *err)
{
	int code;

	if (read(watch->wires.failed[0], &code, sizeof(code)) != sizeof(code))
		return 0;
	return fail_child(watch, code, err);
}

/*
 * Lets the program through its gate. Whether exec worked is asked at the end, because an answer now
 * would wake madvisor in the middle of it. A census must know, as it would see the launcher's file.
 */
static int open_gate(struct watch *watch, struct error *err)
{
	bool alone = watch->launch->cooperating;

	watch->started_ns = clock_now_ns(&clock_real);
	watch->next_sample_ns = watch->started_ns + probe_sample_period_ns(watch->session);
	watch->next_memory_ns = watch->started_ns + (alone ? PROCESS_CHECK_NS : TREE_CHECK_NS);
	if (!say(watch, LAUNCHER_GO))
		return fail_early(watch, err);
	return watch->launch->census ? check_exec(watch, err) : 0;
}

/* If the probe cannot attach because the child failed before its gate, reports that failure. */
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

/* Checks the time to end after SIGTERM if that was sent, else the time limit. */
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

/*
 * With a control group the kernel keeps the limit, but may have killed only one of several processes; without one,
 * their memory is added up.
 */
static bool is_over_memory(const struct watch *watch)
{
	if (watch->group.version != MEMORY_NONE)
		return memory_group_overran(&watch->group);
	return (watch->launch->cooperating
			? process_rss_bytes(watch->pid)
			: tree_rss_bytes(watch->pid)) > watch->launch->memory_max_bytes;
}

static void check_memory(struct watch *watch, uint64_t now_ns)
{
	if (is_over_memory(watch))
		watch_stop(watch, LAUNCH_MEMORY);
	watch->next_memory_ns =
		now_ns + (watch->launch->cooperating ? PROCESS_CHECK_NS : TREE_CHECK_NS);
}

/* Does the periodic work that is due; returns the milliseconds until the next is due. */
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
		if (launch->look)
			launch->look(launch->look_context, census_busiest(launch->census), now_ns);
	}
	check_time(watch, now_ns);
	if (launch->memory_max_bytes && now_ns >= watch->next_memory_ns)
		check_memory(watch, now_ns);
	uint64_t wait_ns = watch->next_sample_ns > now_ns ? watch->next_sample_ns - now_ns : 0;
	return (int)(wait_ns / NS_PER_MS) + 1;
}

/* Indices of one process's descriptors in the poll set. */
enum { SLOT_TALK, SLOT_SYNC, SLOT_ERR, SLOT_REPORT, SLOT_OUT, SLOT_COUNT };

static void fill_poll(const struct watch *watch, struct pollfd *fds)
{
	const struct wires *wires = &watch->wires;
	const int numbers[SLOT_COUNT] = { wires->talk[0], wires->sync[0], wires->err[0],
					  wires->report[0], wires->out[0] };

	for (size_t i = 0; i < SLOT_COUNT; i++)
		fds[i] = (struct pollfd){ watch->ended ? -1 : numbers[i], POLLIN, 0 };
}

/* The program has ended, or the launcher has, whose death kills the program. */
static void handle_end(struct watch *watch)
{
	struct launcher_word word;
	int r = hear(watch, LAUNCHER_END, &word);
	uint64_t end_ns = r < 0 ? clock_now_ns(&clock_real) : (uint64_t)word.value;

	watch->ended = true;
	if (r == 0 && word.start_ns)
		watch->started_ns = (uint64_t)word.start_ns;
	watch->outcome->wall_ns = end_ns - watch->started_ns;
}

static void handle_poll(struct watch *watch, const struct pollfd *fds)
{
	struct wires *wires = &watch->wires;

	if (fds[SLOT_SYNC].revents)
		handle_sync(watch);
	if (fds[SLOT_ERR].revents)
		drain(wires, watch->outcome, &wires->err[0]);
	if (fds[SLOT_REPORT].revents)
		drain(wires, watch->outcome, &wires->report[0]);
	if (fds[SLOT_OUT].revents)
		drain(wires, watch->outcome, &wires->out[0]);
	if (fds[SLOT_TALK].revents)
		handle_end(watch);
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

static void settle_census(struct watch *watch)
{
	size_t count;
	struct process_share *shares = probe_take_shares(watch->session, &count);

	census_settle(watch->launch->census, shares, count);
	free(shares);
}

/* Before the program is reaped, which may free its group's last process. */
static void take_memory(struct watch *watch, double *ret_peak_bytes)
{
	*ret_peak_bytes = memory_group_peak_bytes(&watch->group);
	if (memory_group_overran(&watch->group) && watch->outcome->end == LAUNCH_EXITED)
		watch->outcome->end = LAUNCH_MEMORY;
}

static int fail_wait(const struct watch *watch, struct error *err)
{
	error_set(err, ERROR_MACHINE, ECHILD, "cannot learn how %s ended: its launcher was killed",
		  watch->launch->argv[0]);
	error_hint(err, "run it again; `dmesg` says whether the kernel was out of memory");
	return -ECHILD;
}

/* struct rusage of the C library is the kernel's, with other names of the types. */
static void take_usage(const struct launcher_word *word, struct rusage *ret)
{
	_Static_assert(sizeof(word->usage) == sizeof(*ret), "rusage is 18 words");
	memcpy(ret, word->usage, sizeof(*ret));
}

/* Has the launcher reap the program, and reaps the launcher. */
static int reap(struct watch *watch, int *ret_status, struct rusage *ret_usage, struct error *err)
{
	struct launcher_word word;
	bool told = say(watch, LAUNCHER_REAP) && hear(watch, LAUNCHER_USAGE, &word) == 0 &&
		    word.value >= 0;

	if (!told)
		kill(watch->launcher, SIGKILL);
	while (waitpid(watch->launcher, NULL, 0) < 0 && errno == EINTR)
		;
	offspring_disown(watch->launcher);
	watch->launcher = -1;
	if (!told)
		return fail_wait(watch, err);
	*ret_status = (int)word.value;
	take_usage(&word, ret_usage);
	return 0;
}

/* Reads the program's last figures while it is a zombie, then has it reaped. */
int watch_finish(struct watch *watch, struct error *err)
{
	struct outcome *outcome = watch->outcome;
	struct rusage usage;
	double peak_bytes;
	int status;
	int failed = watch->launch->census ? 0 : check_exec(watch, err);

	drain_rest(&watch->wires, watch->outcome, &watch->wires.err[0]);
	drain_rest(&watch->wires, watch->outcome, &watch->wires.report[0]);
	drain_rest(&watch->wires, watch->outcome, &watch->wires.out[0]);
	probe_sample(watch->session);
	if (watch->launch->census)
		census_end(watch->launch->census);
	take_memory(watch, &peak_bytes);
	int r = reap(watch, &status, &usage, failed < 0 ? NULL : err);
	if (r == 0)
		outcome->exit_status =
			WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	probe_finish(watch->session, r < 0 ? NULL : &usage, &outcome->metrics);
	outcome->metrics.value[METRIC_PEAK_TREE_BYTES] = peak_bytes;
	arena_watch_metrics(&watch->arenas, &outcome->metrics);
	if (watch->launch->census)
		settle_census(watch);
	outcome->stacks = probe_take_stacks(watch->session);
	outcome->probe_note = probe_note(watch->session);
	watch->pid = -1;
	return failed < 0 ? failed : r;
}

/* Without a group the guard takes its place, and the tree's peak stays unknown. */
static void enter_group(struct watch *watch)
{
	if (memory_group_open(memory_place_get(), watch->pid, watch->launch->memory_max_bytes,
			      &watch->group) < 0)
		watch->group = (struct memory_group){ 0 };
}

int watch_start(struct watch *watch, const struct launch *launch, struct outcome *outcome,
		struct error *err)
{
	*watch = (struct watch){ .launch = launch, .outcome = outcome, .pid = -1, .launcher = -1 };
	metrics_init(&outcome->metrics);
	printed_init(&outcome->out);
	digest_init(&outcome->err_digest);
	int r = fork_child(watch, err);
	aside_step(&watch->aside, launch->cpus);
	if (r == 0)
		enter_group(watch);
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
	if (watch->launcher > 0)
		kill(watch->launcher, SIGKILL);
}

void watch_release(struct watch *watch)
{
	probe_close(watch->session);
	memory_group_close(&watch->group);
	aside_return(&watch->aside);
	wires_close(&watch->wires);
	offspring_disown(watch->launcher);
}
