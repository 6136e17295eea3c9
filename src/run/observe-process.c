/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/idle.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "probe/bpf.h"
#include "probe/rungs.h"
#include "launch/arena-watch.h"
#include "launch/census.h"
#include "launch/interrupt.h"
#include "run/observe.h"
#include "run/retained.h"
#include "run/stacks.h"
#include "stats/time-mean.h"
#include "launch/usage.h"

/* Reading the whole process table takes a millisecond on a machine with hundreds of processes. */
#define SAMPLE_PERIOD_NS (100 * NS_PER_MS)
#define TICK_PERIOD_NS (10 * NS_PER_MS)

/* A process under watch. */
struct look {
	const struct observation *observation;
	pid_t pid;
	int pid_fd;
	struct tax_session *session; /* NULL under the lower rungs */
	struct census *census;
	struct usage before;
	struct usage after; /* at the last sample of it alive */
	uint64_t began_ns;
	uint64_t ended_ns; /* of that sample */
	uint64_t peak_bytes;
	struct time_mean rss;
	struct arena_watch arenas;
	uint64_t next_sample_ns;
};

static int begin(struct look *look, struct error *err)
{
	struct tax_options options = TAX_OPTIONS_INIT;

	look->pid_fd = pidfd_open(look->pid, 0);
	if (look->pid_fd < 0) {
		error_set(err, ERROR_TARGET, errno, "cannot watch process %d: %s", (int)look->pid,
			  strerror(errno));
		error_hint(err, "`pgrep NAME` tells the process ID of a running program");
		return -ESRCH;
	}
	if (look->observation->probe == &probe_bpf) {
		options.pids = &look->pid;
		options.pid_count = 1;
		options.stacks = look->observation->stacks;
		int r = tax_session_open(&options, &look->session, err);
		if (r < 0)
			return r;
	}
	census_begin(look->census, look->pid, NULL);
	usage_read(look->pid, &look->before);
	look->began_ns = clock_now_ns(&clock_real);
	return 0;
}

static void sample(struct look *look)
{
	struct usage now;
	uint64_t now_ns = clock_now_ns(&clock_real);

	usage_read(look->pid, &now);
	/* A zombie has no memory, and its figures are incomplete. */
	if (!now.processes || (!now.rss_bytes && look->before.rss_bytes))
		return;
	look->after = now;
	look->ended_ns = now_ns;
	if (now.rss_bytes > look->peak_bytes)
		look->peak_bytes = now.rss_bytes;
	time_mean_add(&look->rss, now_ns, (double)now.rss_bytes);
	arena_watch_look(&look->arenas, census_busiest(look->census), now_ns);
}

/* Watches until the time is up, the process has ended, or the user interrupts. */
static void watch(struct look *look)
{
	const struct observation *observation = look->observation;
	uint64_t deadline_ns = look->began_ns + observation->duration_ns;
	uint64_t now_ns = look->began_ns;
	bool over = false;

	census_look(look->census, now_ns);
	sample(look);
	while (!over && now_ns < deadline_ns) {
		struct pollfd fds[] = { { look->pid_fd, POLLIN, 0 },
					{ interrupt_fd(), POLLIN, 0 } };
		uint64_t left_ns = deadline_ns - now_ns;
		uint64_t period_ns = look->session ? TICK_PERIOD_NS : SAMPLE_PERIOD_NS;
		uint64_t wait_ns = left_ns < period_ns ? left_ns : period_ns;

		poll(fds, 2, (int)(wait_ns / NS_PER_MS) + 1);
		over = fds[0].revents || fds[1].revents;
		now_ns = clock_now_ns(&clock_real);
		idle_alive();
		if (look->session)
			tax_session_tick(look->session);
		if (!over)
			census_look(look->census, now_ns);
		if (!over && now_ns < deadline_ns && now_ns < look->next_sample_ns)
			continue;
		look->next_sample_ns = now_ns + SAMPLE_PERIOD_NS;
		sample(look);
		if (observation->progress)
			observation->progress(observation->context, now_ns - look->began_ns);
	}
}

static double since(uint64_t after, uint64_t before)
{
	return after > before ? (double)(after - before) : 0;
}

static void set_usage(const struct look *look, struct metrics *metrics)
{
	const struct usage *before = &look->before, *after = &look->after;
	double *value = metrics->value;

	value[METRIC_WALL_NS] = since(look->ended_ns, look->began_ns);
	value[METRIC_CPU_NS] = since(after->cpu_ns, before->cpu_ns);
	value[METRIC_SYS_NS] = since(after->sys_ns, before->sys_ns);
	value[METRIC_USER_NS] = since(after->user_ns, before->user_ns);
	value[METRIC_MINOR_FAULTS] = since(after->minor_faults, before->minor_faults);
	value[METRIC_MAJOR_FAULTS] = since(after->major_faults, before->major_faults);
	value[METRIC_PEAK_RSS_BYTES] = (double)look->peak_bytes;
	value[METRIC_MEAN_RSS_BYTES] = time_mean_value(&look->rss);
	arena_watch_metrics(&look->arenas, metrics);
}

static void add_stacks(const struct look *look, const struct taxpayer *taxpayer)
{
	const struct observation *observation = look->observation;
	struct stack_log *log = tax_session_take_stacks(look->session);

	stacks_add(observation->result, log,
		   taxpayer->unknown ? observation->named : &taxpayer->program,
		   observation->identity);
	stack_log_free(log);
}

static void find_taxpayer(const struct look *look, const struct tax_snapshot *snapshot,
			  struct taxpayer *ret)
{
	size_t count = 0;
	_cleanup_free_ struct process_share *shares =
		look->session ? tax_snapshot_shares(snapshot, &count) : NULL;

	census_settle(look->census, shares, count);
	taxpayer_find(look->census, look->observation->named, NULL, ret);
}

static void add_figures(struct result *result, const struct tax_snapshot *snapshot,
			struct metrics *metrics)
{
	_cleanup_free_ char *note = tax_snapshot_note(snapshot);

	tax_snapshot_metrics(snapshot, metrics);
	if (note)
		result_add_note(result, "%s", note);
}

/* Records the probe session's counts and the figures from /proc. */
static int finish(struct look *look, struct taxpayer *ret_taxpayer, struct error *err)
{
	struct result *result = look->observation->result;
	struct tax_snapshot snapshot = { 0 };
	struct metrics usage;

	metrics_init(&usage);
	census_end(look->census);
	if (look->after.processes)
		set_usage(look, &usage);
	if (look->session) {
		tax_session_detach(look->session);
		int r = tax_session_read(look->session, &snapshot);
		if (r < 0)
			return error_set(err, ERROR_MACHINE, -r, "cannot read what was counted: %s",
					 strerror(-r));
	}
	struct run *run = result_add_run(result);
	run->round = 1;
	run->observed = true;
	run->probe = xstrdup(look->session ? look->observation->probe->name : probe_rusage.name);
	if (look->session)
		add_figures(result, &snapshot, &run->metrics);
	metrics_fill(&run->metrics, &usage);
	/* After the last count: reading it may take some time. */
	pid_t busiest = census_busiest(look->census);
	if (look->observation->retained && look->after.processes)
		retained_add_now(result, result->run_count - 1, busiest > 0 ? busiest : look->pid,
				 since(look->ended_ns, look->began_ns));
	if (look->observation->keep)
		look->observation->keep(look->observation->context);
	find_taxpayer(look, &snapshot, ret_taxpayer);
	if (look->session && look->observation->stacks)
		add_stacks(look, ret_taxpayer);
	tax_snapshot_release(&snapshot);
	return 0;
}

int observe_process(const struct observation *observation, pid_t pid, struct taxpayer *ret_taxpayer,
		    struct error *err)
{
	struct look look = { .observation = observation, .pid = pid, .pid_fd = -1 };

	look.census = census_new();
	int r = begin(&look, err);
	if (r == 0) {
		watch(&look);
		idle_end();
		r = finish(&look, ret_taxpayer, err);
	}
	tax_session_close(look.session);
	census_free(look.census);
	if (look.pid_fd >= 0)
		close(look.pid_fd);
	return r;
}
