/* SPDX-License-Identifier: MIT */
/*
 * The perf rung: how often the program calls the memory system calls, by advice, counted in the kernel
 * by perf events on the syscalls:sys_enter_* tracepoints, with filters; nothing is recorded.
 *
 * mmap counts every call, file mappings and thread stacks included. Calls by process_madvise(2) and
 * io_uring are not seen. Counting gives neither bytes nor time: these stay NAN.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "probe/counters.h"
#include "probe/rungs.h"
#include "probe/tracefs.h"

/* Since Linux 5.18; older headers lack it. */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
/* The same on every architecture since Linux 2.6, 4.5 and 5.18 (asm-generic/mman-common.h). */
_Static_assert(MADV_DONTNEED == 4 && MADV_FREE == 8 && MADV_DONTNEED_LOCKED == 24,
	       "the numbers in the filters");

static const struct {
	enum metric_id metric;
	const char *tracepoint;
	const char *filter;
} calls[] = {
	{ METRIC_MADVISE_DONTNEED_CALLS, "syscalls/sys_enter_madvise",
	  "behavior == 4 || behavior == 24" },
	{ METRIC_MADVISE_FREE_CALLS, "syscalls/sys_enter_madvise", "behavior == 8" },
	{ METRIC_MMAP_CALLS, "syscalls/sys_enter_mmap", NULL },
	{ METRIC_MUNMAP_CALLS, "syscalls/sys_enter_munmap", NULL },
	{ METRIC_MREMAP_CALLS, "syscalls/sys_enter_mremap", NULL },
	{ METRIC_BRK_CALLS, "syscalls/sys_enter_brk", NULL },
};

/* Without the kernel's share these would miss faults in copies to user memory, or count nothing. */
static const struct counter_spec software[] = {
	{ .metric = METRIC_MINOR_FAULTS,
	  .type = PERF_TYPE_SOFTWARE,
	  .name = "minor-faults",
	  .config = PERF_COUNT_SW_PAGE_FAULTS_MIN,
	  .optional = true,
	  .in_kernel = true },
	{ .metric = METRIC_MAJOR_FAULTS,
	  .type = PERF_TYPE_SOFTWARE,
	  .name = "major-faults",
	  .config = PERF_COUNT_SW_PAGE_FAULTS_MAJ,
	  .optional = true,
	  .in_kernel = true },
	{ .metric = METRIC_CONTEXT_SWITCHES,
	  .type = PERF_TYPE_SOFTWARE,
	  .name = "context-switches",
	  .config = PERF_COUNT_SW_CONTEXT_SWITCHES,
	  .optional = true,
	  .in_kernel = true },
};

enum { SPEC_COUNT = ARRAY_SIZE(calls) + ARRAY_SIZE(software) };
_Static_assert((int)SPEC_COUNT <= (int)COUNTERS_MAX, "all counters fit a set");

struct perf {
	struct counters counters;
	enum probe_start start;
};

static int fill_specs(struct counter_spec specs[static SPEC_COUNT], struct error *err)
{
	_cleanup_close_ int tracefs = tracefs_open(NULL, err);
	size_t count = 0;

	if (tracefs < 0)
		return tracefs;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct counter_spec spec = {
			.metric = calls[i].metric,
			.type = PERF_TYPE_TRACEPOINT,
			.filter = calls[i].filter,
			.name = calls[i].tracepoint,
		};
		int r = tracefs_event_id(tracefs, calls[i].tracepoint, &spec.config, err);

		if (r < 0)
			return r;
		specs[count++] = spec;
	}
	for (size_t i = 0; i < ARRAY_SIZE(software); i++)
		specs[count++] = software[i];
	return 0;
}

static void perf_close(void *state)
{
	struct perf *perf = state;

	counters_close(&perf->counters);
	free(perf);
}

static int perf_open(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	struct counter_spec specs[SPEC_COUNT];
	struct perf *perf;
	int r = fill_specs(specs, err);

	if (r < 0)
		return r;
	perf = xcalloc(1, sizeof(*perf));
	perf->start = start;
	r = counters_open(&perf->counters, specs, SPEC_COUNT, pid, start, err);
	if (r < 0) {
		perf_close(perf);
		return r;
	}
	*ret_state = perf;
	return 0;
}

static int perf_check(struct error *err)
{
	void *state;
	int r = perf_open(getpid(), PROBE_AT_ENABLE, &state, err);

	if (r < 0)
		return r;
	perf_close(state);
	return 0;
}

static void perf_enable(void *state)
{
	counters_enable(&((struct perf *)state)->counters);
}

static void perf_disable(void *state)
{
	counters_disable(&((struct perf *)state)->counters);
}

/*
 * The syscall tracepoints do not see the calls of 32-bit programs on a 64-bit kernel
 * (ARCH_TRACE_IGNORE_COMPAT_SYSCALLS, since Linux 3.0). Every program maps memory or asks for its
 * break when it starts, so counts of 0 for both mean that its calls were not seen.
 */
static bool calls_unseen(const struct perf *perf, const struct metrics *metrics)
{
	return perf->start == PROBE_AT_EXEC && metrics->value[METRIC_MMAP_CALLS] == 0 &&
	       metrics->value[METRIC_BRK_CALLS] == 0;
}

static void perf_finish(void *state, const struct rusage *usage, struct metrics *metrics)
{
	const struct perf *perf = state;

	counters_read(&perf->counters, metrics);
	if (calls_unseen(perf, metrics))
		for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
			metrics->value[calls[i].metric] = NAN;
}

const struct probe probe_perf = {
	.name = "perf",
	.description = "perf events: counts of memory system calls by advice, exact faults",
	.gives = "cheap counts of madvise, mmap, munmap, mremap and brk calls",
	.costs = true,
	.check = perf_check,
	.open = perf_open,
	.enable = perf_enable,
	.disable = perf_disable,
	.finish = perf_finish,
	.close = perf_close,
};
