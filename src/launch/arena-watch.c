/* SPDX-License-Identifier: MIT */
#include "launch/arena-watch.h"

#include <time.h>

#include "base/units.h"

#define PERIOD_NS (500 * NS_PER_MS)
/* Reading takes at most 1/COST_PART of the time. */
#define COST_PART 100

/* CPU time: a wait for a CPU on a busy machine does not count as cost. */
static uint64_t own_cpu_ns(void)
{
	struct timespec cpu;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return (uint64_t)cpu.tv_sec * NS_PER_SEC + (uint64_t)cpu.tv_nsec;
}

void arena_watch_look(struct arena_watch *watch, pid_t pid, uint64_t now_ns)
{
	struct arenas arenas;

	if (now_ns < watch->next_ns)
		return;
	uint64_t before_ns = own_cpu_ns();
	int r = arenas_read(pid, &arenas);
	uint64_t took_ns = own_cpu_ns() - before_ns;
	uint64_t pause_ns = took_ns * COST_PART;

	watch->next_ns = now_ns + (pause_ns > PERIOD_NS ? pause_ns : PERIOD_NS);
	if (r < 0)
		return;
	watch->seen = true;
	if (arenas.mappings > watch->mappings)
		watch->mappings = arenas.mappings;
	if (arenas.bytes > watch->most.bytes)
		watch->most = arenas;
}

void arena_watch_metrics(const struct arena_watch *watch, struct metrics *metrics)
{
	if (!watch->seen)
		return;
	metrics->value[METRIC_ARENA_HEAPS] = (double)watch->most.heaps;
	metrics->value[METRIC_ARENA_BYTES] = (double)watch->most.bytes;
	metrics->value[METRIC_MAPPINGS] = (double)watch->mappings;
}
