/* SPDX-License-Identifier: MIT */
/*
 * model/sweep-curves: the curves of a result that is a sweep (model/sweep.h).
 */
#ifndef MADVISOR_MODEL_SWEEP_CURVES_H
#define MADVISOR_MODEL_SWEEP_CURVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/result.h"

/* Which curve of a contender. */
enum sweep_curve { SWEEP_TIME, SWEEP_FAULTS, SWEEP_CURVES };

/* The value of the swept parameter of a case; 0 where the case has none. */
uint64_t sweep_value(const struct result *result, size_t case_index) __attribute__((nonnull, pure));

/* Rounds of a case so far. */
unsigned int sweep_rounds(const struct result *result, size_t case_index)
	__attribute__((nonnull, pure));

/* The rule of its curves. */
struct cliff_rule sweep_rule(const struct sweep *sweep) __attribute__((nonnull, pure));

/*
 * Fills points[], of result->case_count places, with a contender's curve over the cases in their order, and says what is
 * no jump of it. false: it has no such curve.
 */
bool sweep_fill_curve(const struct result *result, size_t contender_index, enum sweep_curve which,
		      struct cliff_point *points, double *ret_step)
	__attribute__((nonnull, warn_unused_result));

/*
 * By what factor a contender's own time changes from one case to another, from the rounds that both have: with whatever changed of
 * the machine meanwhile. NAN where not measured.
 */
double sweep_own_change(const struct result *result, size_t contender_index, size_t low_case,
			size_t high_case) __attribute__((nonnull));

/* Page faults of a contender for each operation in a case, or for each run; NAN where not measured. */
double sweep_faults(const struct result *result, size_t case_index, size_t contender_index)
	__attribute__((nonnull));
/* Whether those are for each operation. */
bool sweep_counts_operations(const struct result *result) __attribute__((nonnull, pure));

/* Puts the cases in ascending order of the value, with their runs; the summaries are to be made again. */
void sweep_sort(struct result *result) __attribute__((nonnull));

#endif
