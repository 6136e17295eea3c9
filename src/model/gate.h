/* SPDX-License-Identifier: MIT */
/*
 * model/gate: a condition of `--fail-if`, such as 'jemalloc slower 5%', as a row of the result. model/judge
 * decides it.
 *
 * The limit of a condition is a ratio to the baseline: 1.05 for "slower 5%". A condition is decided if the
 * whole interval of the ratio lies on one side of the limit and the estimate is farther from it than the
 * noise floor: the rule of the verdict (stats/verdict) with the limit in place of 1. Everything else is
 * undecided, which is neither a pass nor a failure.
 */
#ifndef MADVISOR_MODEL_GATE_H
#define MADVISOR_MODEL_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/metrics.h"

enum gate_decision {
	GATE_UNDECIDED,
	GATE_HOLDS,
	GATE_DOES_NOT_HOLD,
};

struct gate {
	char *condition; /* as typed; owned */
	size_t contender_index;
	enum metric_id metric;
	bool above;   /* it holds above the limit; false: below */
	double limit; /* ratio to the baseline */
	/*
	 * Without a case, the condition holds if it holds in any case. Once judged, case_index is the
	 * case that decided it, or kept it undecided.
	 */
	bool any_case;
	size_t case_index;

	bool across; /* the ratio is that of the ratio to an earlier result's (model/across) */

	/* Set by gate_judge() (model/judge); NAN if there are no figures of the contender in that case. */
	enum gate_decision decision;
	double ratio, ratio_low, ratio_high;
	double noise_floor_pct; /* NAN if unknown */
	unsigned int rounds;    /* pairs behind the ratio */
};

/* Whether it is about that case. */
bool gate_covers(const struct gate *gate, size_t case_index) __attribute__((nonnull, pure));

void gate_release(struct gate *gate) __attribute__((nonnull));

/* "undecided", "holds", "does-not-hold", and back; -1 for an unknown name. Static strings. */
const char *gate_decision_name(enum gate_decision decision) __attribute__((returns_nonnull, const));
int gate_decision_by_name(const char *name) __attribute__((nonnull, pure));

#endif
