/* SPDX-License-Identifier: MIT */
#include "model/metrics.h"

#include <math.h>
#include <string.h>

#include "base/array.h"

static const struct metric_info table[METRIC_COUNT] = {
#define METRIC(id, key, unit, better, label) \
	[METRIC_##id] = { key, label, UNIT_##unit, BETTER_##better },
#include "model/metrics.def"
#undef METRIC
};

const struct metric_info *metric_info(enum metric_id id)
{
	return &table[id];
}

const char *metric_unit_name(enum metric_unit unit)
{
	static const char *const names[] = {
		[UNIT_NS] = "ns",       [UNIT_BYTES] = "bytes",   [UNIT_COUNT] = "count",
		[UNIT_PER_S] = "per_s", [UNIT_NUMBER] = "number",
	};

	return names[unit];
}

enum metric_id metric_by_key(const char *key)
{
	int id = 0;

	while (id < METRIC_COUNT && strcmp(table[id].key, key))
		id++;
	return (enum metric_id)id;
}

void metrics_init(struct metrics *metrics)
{
	for (int id = 0; id < METRIC_COUNT; id++)
		metrics->value[id] = NAN;
}

void metrics_fill(struct metrics *metrics, const struct metrics *other)
{
	for (int id = 0; id < METRIC_COUNT; id++)
		if (isnan(metrics->value[id]))
			metrics->value[id] = other->value[id];
}

#define CLOCKS_DIFFER 1.05

double metrics_memory_ns(const struct metrics *metrics)
{
	static const enum metric_id calls[] = {
		METRIC_MADVISE_DONTNEED_NS,
		METRIC_MADVISE_FREE_NS,
		METRIC_MMAP_NS,
		METRIC_MUNMAP_NS,
		METRIC_MREMAP_NS,
		METRIC_BRK_NS,
		METRIC_MPROTECT_NS,
		METRIC_POPULATE_NS,
		METRIC_EXEC_NS,
		METRIC_FORK_NS,
	};
	double sum_ns = metrics->value[METRIC_FAULT_NS];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (metrics_has(metrics, calls[i]))
			sum_ns += metrics->value[calls[i]];
	return sum_ns;
}

/* Of a time that the observer's programs are a part of; NAN stays. */
static double without_observer(const struct metrics *metrics, double ns)
{
	if (metrics_has(metrics, METRIC_OBSERVER_NS))
		ns -= metrics->value[METRIC_OBSERVER_NS];
	return ns < 0 ? 0 : ns;
}

double metrics_program_ns(const struct metrics *metrics)
{
	return without_observer(metrics, metrics->value[METRIC_CPU_NS]);
}

double metrics_kernel_ns(const struct metrics *metrics)
{
	double sys_ns = without_observer(metrics, metrics->value[METRIC_SYS_NS]);
	double memory_ns = metrics_memory_ns(metrics);
	double error_ns = metrics_has(metrics, METRIC_FAULT_ERROR_NS)
				  ? metrics->value[METRIC_FAULT_ERROR_NS]
				  : 0;

	/* Beyond the error of a sample, and what two clocks may differ by. */
	return memory_ns - error_ns > CLOCKS_DIFFER * sys_ns
		       ? fmin(memory_ns, metrics_program_ns(metrics))
		       : sys_ns;
}
