/* SPDX-License-Identifier: MIT */
/*
 * model/metrics: the figures of one run.
 *
 * A value is a double in the metric's unit; NAN says that it was not measured, which is never the
 * same as 0. Counts are exact up to 2^53.
 */
#ifndef MADVISOR_MODEL_METRICS_H
#define MADVISOR_MODEL_METRICS_H

#include <stdbool.h>

enum metric_id {
#define METRIC(id, key, unit, better, label) METRIC_##id,
#include "model/metrics.def"
#undef METRIC
	METRIC_COUNT
};

/* The user's own metrics: METRIC_CUSTOM and its successors. */
#define METRIC_OWN_COUNT (METRIC_CUSTOM_8 - METRIC_CUSTOM + 1)

enum metric_unit { UNIT_NS, UNIT_BYTES, UNIT_COUNT, UNIT_PER_S, UNIT_NUMBER };
enum metric_better { BETTER_LOWER, BETTER_HIGHER, BETTER_NEITHER };

struct metric_info {
	const char *key; /* as in documents: "wall_ns" */
	const char *label;
	enum metric_unit unit;
	enum metric_better better;
};

struct metrics {
	double value[METRIC_COUNT];
};

/* Static data for a valid id. */
const struct metric_info *metric_info(enum metric_id id) __attribute__((const, returns_nonnull));
/* "ns", "bytes", "count", "per_s", or "number", whose unit is the user's business. Static. */
const char *metric_unit_name(enum metric_unit unit) __attribute__((const, returns_nonnull));
/* The id for a key, or METRIC_COUNT. */
enum metric_id metric_by_key(const char *key) __attribute__((nonnull, pure));

/* Everything unmeasured. */
void metrics_init(struct metrics *metrics) __attribute__((nonnull));
/* Copies from `other` every value that is unmeasured in `metrics`. */
void metrics_fill(struct metrics *metrics, const struct metrics *other) __attribute__((nonnull));

static inline bool metrics_has(const struct metrics *metrics, enum metric_id id)
{
	return !__builtin_isnan(metrics->value[id]);
}

/* Whether it is one of the user's own. */
static inline bool metric_is_own(enum metric_id id)
{
	return id >= METRIC_CUSTOM && id < METRIC_CUSTOM + METRIC_OWN_COUNT;
}

/*
 * The CPU time that the kernel was measured to spend on memory: in faults, memory calls, exec and fork. NAN where faults were
 * not timed.
 */
double metrics_memory_ns(const struct metrics *metrics) __attribute__((nonnull, pure));
/*
 * The program's CPU time: that of its processes, less observer_ns, which shares of it must not be diluted by. NAN where it was not measured.
 */
double metrics_program_ns(const struct metrics *metrics) __attribute__((nonnull, pure));
/*
 * The kernel's part of that: the system time less observer_ns, or where that is clearly less, what was measured. Where the kernel accounts by its tick, the
 * system time of processes that live for less than one is 0 (kernel/sched/cputime.c, cputime_adjust()).
 */
double metrics_kernel_ns(const struct metrics *metrics) __attribute__((nonnull, pure));

#endif
