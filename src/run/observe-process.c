/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
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

/* Processes under watch. */
struct look {
	const struct observation *observation;
	struct running *running;
	struct pollfd *ends; /* one for each that was named, and one for interruption */
	size_t end_count;
	struct tax_session *session; /* NULL under the lower rungs */
	struct census *census;
	struct usage_watch usage;
	struct usage used; /* up to the last sample of them alive */
	uint64_t began_ns;
	uint64_t ended_ns; /* of that sample */
	uint64_t peak_bytes;
	struct time_mean rss;
	struct arena_watch arenas;
	uint64_t next_sample_ns;
};

static int watch_end(struct look *look, pid_t pid, struct error *err)
{
	int fd = pidfd_open(pid, 0);

	if (fd < 0) {
		error_set(err, ERROR_TARGET, errno, "cannot watch process %d: %s", (int)pid,
			  strerror(errno));
		error_hint(err, "`pgrep NAME` tells the process ID of a running program");
		return -ESRCH;
	}
	look->ends[look->end_count++] = (struct pollfd){ fd, POLLIN, 0 };
	return 0;
}

/* The end of a group is not looked for: others may come into it. */
static int watch_ends(struct look *look, struct error *err)
{
	const struct proc_group *roots = &look->running->roots;
	int r = 0;

	look->ends = xcalloc(roots->count + 1, sizeof(*look->ends));
	for (size_t i = 0; i < roots->count && r == 0 && !look->running->folder; i++)
		r = watch_end(look, roots->pids[i], err);
	return r;
}

static void sample_usage(struct look *look)
{
	_cleanup_free_ struct proc_stat *list = NULL;
	size_t count = running_list(look->running, &list);

	usage_watch_look(&look->usage, list, count);
}

static int begin(struct look *look, struct error *err)
{
	struct tax_options options = TAX_OPTIONS_INIT;
	int r = watch_ends(look, err);

	if (r == 0 && look->observation->probe == &probe_bpf) {
		options.pids = look->running->roots.pids;
		options.pid_count = look->running->roots.count;
		options.pids_alone = look->running->folder;
		options.stacks = look->observation->stacks;
		r = tax_session_open(&options, &look->session, err);
	}
	if (r < 0)
		return r;
	census_begin_running(look->census, look->running);
	sample_usage(look);
	look->began_ns = clock_now_ns(&clock_real);
	return 0;
}

static void sample(struct look *look)
{
	struct usage now;
	uint64_t now_ns = clock_now_ns(&clock_real);

	sample_usage(look);
	usage_watch_sum(&look->usage, &now);
	/* Of processes that have all ended, but not of a group that is empty for a while. */
	if (!now.processes && !look->running->folder)
		return;
	look->used = now;
	look->ended_ns = now_ns;
	if (now.rss_bytes > look->peak_bytes)
		look->peak_bytes = now.rss_bytes;
	time_mean_add(&look->rss, now_ns, (double)now.rss_bytes);
	arena_watch_look(&look->arenas, census_busiest(look->census), now_ns);
}

/* Waits for a moment; false where the user interrupts, or all that were named have ended. */
static bool wait_for(struct look *look, uint64_t wait_ns)
{
	struct pollfd *interrupt = &look->ends[look->end_count];
	size_t left = look->end_count;

	*interrupt = (struct pollfd){ interrupt_fd(), POLLIN, 0 };
	poll(look->ends, look->end_count + 1, (int)(wait_ns / NS_PER_MS) + 1);
	if (interrupt->revents)
		return false;
	/* One that has ended is not waited for any more. */
	for (size_t i = look->end_count; i-- > 0;)
		if (look->ends[i].fd < 0) {
			left--;
		} else if (look->ends[i].revents) {
			close(look->ends[i].fd);
			look->ends[i].fd = -1;
			left--;
		}
	return left || look->running->folder;
}

/* Those that came into the group. */
static void watch_new(struct look *look, uint64_t now_ns)
{
	_cleanup_proc_group_ struct proc_group new;

	running_refresh(look->running, now_ns, &new);
	if (look->session && new.count)
		tax_session_watch(look->session, new.pids, new.count);
}

/* Watches until the time is up, the processes have ended, or the user interrupts. */
static void watch(struct look *look)
{
	const struct observation *observation = look->observation;
	uint64_t deadline_ns = look->began_ns + observation->duration_ns;
	uint64_t now_ns = look->began_ns;
	bool over = false;

	census_look(look->census, now_ns);
	sample(look);
	while (!over && now_ns < deadline_ns) {
		uint64_t left_ns = deadline_ns - now_ns;
		uint64_t period_ns =
			look->session || look->running->folder ? TICK_PERIOD_NS : SAMPLE_PERIOD_NS;
		uint64_t wait_ns = left_ns < period_ns ? left_ns : period_ns;

		over = !wait_for(look, wait_ns);
		now_ns = clock_now_ns(&clock_real);
		watch_new(look, now_ns);
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

static void set_usage(const struct look *look, struct metrics *metrics)
{
	const struct usage *used = &look->used;
	double *value = metrics->value;

	value[METRIC_WALL_NS] = (double)(look->ended_ns - look->began_ns);
	value[METRIC_CPU_NS] = (double)used->cpu_ns;
	value[METRIC_SYS_NS] = (double)used->sys_ns;
	value[METRIC_USER_NS] = (double)used->user_ns;
	value[METRIC_MINOR_FAULTS] = (double)used->minor_faults;
	value[METRIC_MAJOR_FAULTS] = (double)used->major_faults;
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
	if (look->ended_ns)
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
	if (look->observation->retained && look->used.processes && busiest > 0)
		retained_add_now(result, result->run_count - 1, busiest,
				 (double)(look->ended_ns - look->began_ns));
	if (look->observation->keep)
		look->observation->keep(look->observation->context);
	find_taxpayer(look, &snapshot, ret_taxpayer);
	if (look->session && look->observation->stacks)
		add_stacks(look, ret_taxpayer);
	tax_snapshot_release(&snapshot);
	return 0;
}

static void release(struct look *look)
{
	tax_session_close(look->session);
	census_free(look->census);
	usage_watch_release(&look->usage);
	for (size_t i = 0; i < look->end_count; i++)
		if (look->ends[i].fd >= 0)
			close(look->ends[i].fd);
	free(look->ends);
}

int observe_running(const struct observation *observation, struct running *running,
		    struct taxpayer *ret_taxpayer, struct error *err)
{
	struct look look = { .observation = observation, .running = running };

	look.census = census_new();
	int r = begin(&look, err);
	if (r == 0) {
		watch(&look);
		idle_end();
		r = finish(&look, ret_taxpayer, err);
	}
	release(&look);
	return r;
}
