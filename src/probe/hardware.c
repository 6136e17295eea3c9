/* SPDX-License-Identifier: MIT */
/*
 * Hardware counters, a layer under every rung that costs time. Many virtual machines have none, and then
 * these metrics stay NAN.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "probe/counters.h"
#include "probe/rungs.h"

/*
 * Not PERF_COUNT_HW_CACHE_MISSES: on AMD's Zen that is misses of the second level (amd_perfmon_event_map
 * in the kernel's arch/x86/events/amd/core.c). Where this event is missing, the metric stays NAN.
 */
#define LLC_LOAD_MISSES                                              \
	(PERF_COUNT_HW_CACHE_LL | PERF_COUNT_HW_CACHE_OP_READ << 8 | \
	 PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

/* All want the kernel's share: cycles without it would hide the very tax that madvisor looks for. */
static const struct counter_spec specs[] = {
	{ .metric = METRIC_CYCLES,
	  .type = PERF_TYPE_HARDWARE,
	  .name = "cycles",
	  .config = PERF_COUNT_HW_CPU_CYCLES,
	  .in_kernel = true },
	{ .metric = METRIC_INSTRUCTIONS,
	  .type = PERF_TYPE_HARDWARE,
	  .name = "instructions",
	  .config = PERF_COUNT_HW_INSTRUCTIONS,
	  .optional = true,
	  .in_kernel = true },
	{ .metric = METRIC_LLC_MISSES,
	  .type = PERF_TYPE_HW_CACHE,
	  .name = "LLC-load-misses",
	  .config = LLC_LOAD_MISSES,
	  .optional = true,
	  .in_kernel = true },
};

static int hardware_open(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	struct counters *counters = xcalloc(1, sizeof(*counters));

	/* Left empty on failure; the metrics then stay NAN. */
	(void)!counters_open(counters, specs, ARRAY_SIZE(specs), pid, start, NULL);
	*ret_state = counters;
	return 0;
}

static int hardware_check(struct error *err)
{
	struct counters counters = COUNTERS_INIT;
	int r = counters_open(&counters, specs, ARRAY_SIZE(specs), getpid(), PROBE_AT_ENABLE, err);

	counters_close(&counters);
	if (r == -ENOENT || r == -EOPNOTSUPP) {
		error_set(err, ERROR_MACHINE, -r,
			  "this machine shows no hardware counters, as is usual for a virtual one");
		error_hint(
			err,
			"use bare metal, or give the virtual machine a PMU (QEMU: -cpu host,pmu=on)");
	}
	return r;
}

static void hardware_enable(void *state)
{
	counters_enable(state);
}

static void hardware_disable(void *state)
{
	counters_disable(state);
}

static void hardware_finish(void *state, const struct rusage *usage, struct metrics *metrics)
{
	counters_read(state, metrics);
}

static void hardware_close(void *state)
{
	counters_close(state);
	free(state);
}

const struct probe probe_hardware = {
	.name = "hardware",
	.description = "hardware counters: cycles, instructions, last-level cache misses",
	.gives = "cycles, instructions and last-level cache misses",
	.check = hardware_check,
	.open = hardware_open,
	.enable = hardware_enable,
	.disable = hardware_disable,
	.finish = hardware_finish,
	.close = hardware_close,
};
