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
#include "base/units.h"
#include "launch/census.h"
#include "launch/drain.h"
#include "launch/interrupt.h"
#include "launch/launcher-link.h"
#include "launch/offspring.h"
#include "launcher/protocol.h"

enum {
	/* A cooperating program is one process; adding up a process tree is expensive. */
	PROCESS_CHECK_NS = 20 * 1000 * 1000,
	TREE_CHECK_NS = 200 * 1000 * 1000,
};

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
	int r = launcher_open_gate(&watch->wires, watch->launch, err);

	return r == 0 && watch->launch->census
		       ? launcher_check_exec(&watch->wires, watch->launch, err)
		       : r;
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
		return launcher_fail_exec(launch, code, err);
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
	int r = launcher_hear(&watch->wires, LAUNCHER_END, &word);
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

/* Reads the program's last figures while it is a zombie, then has it reaped. */
int watch_finish(struct watch *watch, struct error *err)
{
	struct outcome *outcome = watch->outcome;
	struct rusage usage;
	double peak_bytes;
	int status;
	int failed =
		watch->launch->census ? 0 : launcher_check_exec(&watch->wires, watch->launch, err);

	drain_rest(&watch->wires, watch->outcome, &watch->wires.err[0]);
	drain_rest(&watch->wires, watch->outcome, &watch->wires.report[0]);
	drain_rest(&watch->wires, watch->outcome, &watch->wires.out[0]);
	probe_sample(watch->session);
	if (watch->launch->census)
		census_end(watch->launch->census);
	take_memory(watch, &peak_bytes);
	int r = launcher_reap(&watch->wires, watch->launch, &watch->launcher, &status, &usage,
			      failed < 0 ? NULL : err);
	if (r == 0)
		outcome->exit_status =
			WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (r == 0 && watch->alone)
		offspring_add_usage(probe_helper(watch->session), &usage);
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

/* Without a group madvisor adds up memory itself, and the tree's peak stays unknown. */
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
	int r = launcher_start(&watch->wires, launch, &watch->launcher, &watch->pid, err);

	aside_step(&watch->aside, launch->cpus);
	if (r == 0)
		enter_group(watch);
	if (r == 0)
		r = open_probe(watch, err);
	if (r == 0 && launch->census)
		census_begin(launch->census, watch->pid, probe_helper(watch->session));
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
