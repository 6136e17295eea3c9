/* SPDX-License-Identifier: MIT */
/*
 * The lowest rung, and a layer under every other: what wait4(2) reports, and resident memory sampled
 * from /proc/PID/status.
 *
 * CPU time, faults and context switches are of the process and the children it waited for, over its
 * whole life from the gate before exec on: the faults and switches before it are taken off, the CPU time
 * before it (well below a millisecond) cannot be. The split into user and system time follows the
 * scheduler's ticks and is coarse; the sum is good. Mean memory is of the process itself, over its life
 * after exec, or over its measured phase where it announces one.
 *
 * Resident sizes are what the kernel keeps, which is not exact: from Linux 6.2 on up to 32 pages a CPU (or twice
 * the number of CPUs, if more) may be missing, before that up to 64 pages a thread (mm/memory.c,
 * lib/percpu_counter.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "probe/rungs.h"
#include "proc/proc.h"
#include "stats/time-mean.h"

/* Most that a child grows between gate and exec: the code it runs, which fork does not copy. */
#define GATE_GROWTH_BYTES (UINT64_C(2) << 20)
/* Upper bound on the peak memory of madvisor-launcher. */
#define LAUNCHER_MAX_BYTES (UINT64_C(64) << 10)

struct rusage_watch {
	int stat_fd, status_fd;
	struct proc_stat gate_stat; /* at the gate: its counts are subtracted */
	struct proc_status gate_status;
	uint64_t faults_from; /* of the process itself, when counting began */
	uint64_t faults;      /* while counting, up to its end or the end of the phase */
	uint64_t life_faults; /* at its end; 0: not seen */
	bool counting;
	bool execed;
	bool sampling;       /* the mean is being taken */
	uint64_t peak_bytes; /* largest VmHWM seen since exec; 0: none seen */
	struct time_mean rss;
};

static void rusage_close(void *state)
{
	struct rusage_watch *watch = state;

	if (watch->stat_fd >= 0)
		close(watch->stat_fd);
	if (watch->status_fd >= 0)
		close(watch->status_fd);
	free(watch);
}

static int open_files(struct rusage_watch *watch, pid_t pid)
{
	_cleanup_proc_ struct proc proc;
	int r = proc_open(&rootfs_real, pid, &proc);

	watch->stat_fd = r < 0 ? r : proc_open_file(&proc, "stat", O_RDONLY);
	watch->status_fd = r < 0 ? r : proc_open_file(&proc, "status", O_RDONLY);
	return watch->stat_fd < 0 ? watch->stat_fd : watch->status_fd < 0 ? watch->status_fd : 0;
}

static int rusage_open(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	struct rusage_watch *watch = xcalloc(1, sizeof(*watch));

	watch->sampling = watch->counting = start == PROBE_AT_EXEC;
	int r = open_files(watch, pid);
	if (r == 0)
		r = proc_reread_stat(watch->stat_fd, &watch->gate_stat);
	if (r == 0)
		r = proc_reread_status(watch->status_fd, &watch->gate_status);
	if (r < 0) {
		rusage_close(watch);
		error_set(err, ERROR_MACHINE, -r, "cannot read /proc/%d: %s", (int)pid,
			  strerror(-r));
		error_hint(err, "mount /proc, without hidepid for this user");
		return r;
	}
	watch->faults_from = watch->gate_stat.minor_faults + watch->gate_stat.major_faults;
	watch->execed = !watch->gate_stat.forked_not_execed;
	*ret_state = watch;
	return 0;
}

static int rusage_check(struct error *err)
{
	void *state;
	int r = rusage_open(getpid(), PROBE_AT_EXEC, &state, err);

	if (r == 0)
		rusage_close(state);
	return r;
}

/* Before exec the figures are those of madvisor's own copy. */
static bool has_execed(struct rusage_watch *watch)
{
	struct proc_stat stat;

	if (!watch->execed)
		watch->execed =
			proc_reread_stat(watch->stat_fd, &stat) == 0 && !stat.forked_not_execed;
	return watch->execed;
}

/* The process's own faults so far, also once it is a zombie; 0 where they cannot be read. */
static uint64_t own_faults(const struct rusage_watch *watch)
{
	struct proc_stat stat;

	return proc_reread_stat(watch->stat_fd, &stat) < 0 ? 0
							   : stat.minor_faults + stat.major_faults;
}

static void stop_counting(struct rusage_watch *watch, uint64_t faults)
{
	if (watch->counting && faults > watch->faults_from)
		watch->faults += faults - watch->faults_from;
	watch->counting = false;
}

/* The last sample is of a zombie: its memory is gone, its fault counts remain. */
static void sample_end(struct rusage_watch *watch)
{
	watch->life_faults = own_faults(watch);
	if (watch->life_faults)
		stop_counting(watch, watch->life_faults);
}

static void rusage_sample(void *state)
{
	struct rusage_watch *watch = state;
	struct proc_status status;

	if (!has_execed(watch))
		return;
	int r = proc_reread_status(watch->status_fd, &status);
	if (r == -ENODATA)
		sample_end(watch);
	if (r < 0)
		return;
	if (status.peak_bytes > watch->peak_bytes)
		watch->peak_bytes = status.peak_bytes;
	if (watch->sampling)
		time_mean_add(&watch->rss, clock_now_ns(&clock_real), (double)status.rss_bytes);
}

/* A phase begins and ends with a sample of its own. A second phase starts the mean afresh. */
static void rusage_enable(void *state)
{
	struct rusage_watch *watch = state;

	watch->rss = (struct time_mean)TIME_MEAN_INIT;
	watch->sampling = true;
	rusage_sample(watch);
	watch->faults_from = own_faults(watch);
	watch->counting = true;
}

static void rusage_disable(void *state)
{
	struct rusage_watch *watch = state;

	stop_counting(watch, own_faults(watch));
	rusage_sample(watch);
	watch->sampling = false;
}

/*
 * ru_maxrss starts at what the forked copy of the parent held, since exec keeps the maximum
 * (setmax_mm_hiwater_rss() in the kernel's fs/exec.c). The launcher holds less than any program
 * does. After a fork from a larger process, it is the program's own peak only if it exceeds that
 * process's; otherwise the largest VmHWM seen is used, which misses growth after the last sample.
 */
static double peak_bytes(const struct rusage_watch *watch, const struct rusage *usage)
{
	uint64_t gate_bytes = watch->gate_status.peak_bytes;
	uint64_t floor_bytes =
		gate_bytes + (gate_bytes > LAUNCHER_MAX_BYTES ? GATE_GROWTH_BYTES : 0);
	uint64_t max_bytes = usage ? (uint64_t)usage->ru_maxrss * 1024 : 0;

	if (watch->gate_stat.forked_not_execed && max_bytes <= floor_bytes)
		max_bytes = 0;
	/* The kernel keeps the maximum less exactly than it shows the present size. */
	if (max_bytes < watch->peak_bytes)
		max_bytes = watch->peak_bytes;
	return max_bytes ? (double)max_bytes : NAN;
}

static double timeval_ns(const struct timeval *tv)
{
	return (double)((uint64_t)tv->tv_sec * NS_PER_SEC + (uint64_t)tv->tv_usec * NS_PER_US);
}

static double since(long total, uint64_t before)
{
	return (uint64_t)total > before ? (double)((uint64_t)total - before) : 0;
}

/* How far the true peak may exceed the reported one, in pages: see the top. */
static double peak_error_pages(void)
{
	double cpus = (double)sysconf(_SC_NPROCESSORS_CONF);

	return cpus * fmax(64, 2 * cpus);
}

/*
 * A process never has more pages than its peak memory holds, so its faults beyond that many are on
 * pages that it had before. A child's faults do not count, but after a fork the parent's
 * copy-on-write faults would: NAN if there were children.
 */
static double refaults_at_least(const struct rusage_watch *watch, const struct rusage *usage,
				double peak_rss_bytes)
{
	uint64_t all_faults = (uint64_t)usage->ru_minflt + (uint64_t)usage->ru_majflt;
	double pages = peak_rss_bytes / (double)sysconf(_SC_PAGESIZE) + peak_error_pages();

	if (!watch->life_faults || watch->counting || all_faults != watch->life_faults)
		return NAN;
	return fmax((double)watch->faults - pages, isnan(pages) ? NAN : 0);
}

/* Of children that it waited for: not in its own counts, but in wait4's. */
static double child_faults(const struct rusage_watch *watch, const struct rusage *usage)
{
	uint64_t all_faults = (uint64_t)usage->ru_minflt + (uint64_t)usage->ru_majflt;

	if (!watch->life_faults || all_faults < watch->life_faults)
		return NAN;
	return (double)(all_faults - watch->life_faults);
}

static void rusage_finish(void *state, const struct rusage *usage, struct metrics *metrics)
{
	const struct rusage_watch *watch = state;
	double *value = metrics->value;

	value[METRIC_PEAK_RSS_BYTES] = peak_bytes(watch, usage);
	value[METRIC_MEAN_RSS_BYTES] = time_mean_value(&watch->rss);
	if (!usage)
		return;
	value[METRIC_USER_NS] = timeval_ns(&usage->ru_utime);
	value[METRIC_SYS_NS] = timeval_ns(&usage->ru_stime);
	value[METRIC_CPU_NS] = value[METRIC_USER_NS] + value[METRIC_SYS_NS];
	value[METRIC_MINOR_FAULTS] = since(usage->ru_minflt, watch->gate_stat.minor_faults);
	value[METRIC_MAJOR_FAULTS] = since(usage->ru_majflt, watch->gate_stat.major_faults);
	value[METRIC_CHILD_FAULTS] = child_faults(watch, usage);
	value[METRIC_REFAULTS_AT_LEAST] =
		refaults_at_least(watch, usage, value[METRIC_PEAK_RSS_BYTES]);
	value[METRIC_CONTEXT_SWITCHES] =
		since(usage->ru_nvcsw + usage->ru_nivcsw, watch->gate_status.context_switches);
}

const struct probe probe_rusage = {
	.name = "rusage",
	.description = "wait4 and /proc: CPU time, faults, peak and mean memory; works everywhere",
	.gives = "CPU time, faults and memory",
	.check = rusage_check,
	.open = rusage_open,
	.enable = rusage_enable,
	.disable = rusage_disable,
	.sample = rusage_sample,
	.finish = rusage_finish,
	.close = rusage_close,
};
