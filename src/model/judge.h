/* SPDX-License-Identifier: MIT */
/*
 * model/judge: decides the conditions of `--fail-if` (model/gate) from a result's summaries, and says so in
 * words. Pure, so that a saved result can be judged too.
 */
#ifndef MADVISOR_MODEL_JUDGE_H
#define MADVISOR_MODEL_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "model/gate.h"
#include "model/result.h"

/* What a condition is decided by in one case; NAN if it was not measured. */
struct gate_figures {
	double ratio, ratio_low, ratio_high;
	double noise_floor_pct;
	unsigned int rounds;
};

/* Judges the condition by figures of another source; get() leaves *ret as it is where there are none. */
void gate_judge_by(struct gate *gate, size_t case_count,
		   void (*get)(const struct gate *gate, size_t case_index, void *context,
			       struct gate_figures *ret),
		   void *context) __attribute__((nonnull(1, 3)));

/* Judges the condition by the summaries and runs of the result. */
void gate_judge(struct gate *gate, const struct result *result) __attribute__((nonnull));

/*
 * Whether more rounds of that case may decide it: it covers the case, is undecided there, and its
 * contender still takes part.
 */
bool gate_needs_rounds(const struct gate *gate, const struct result *result, size_t case_index)
	__attribute__((nonnull));

/*
 * What was decided, by which interval, in one line: "does not hold: new slower 5%: wall time is
 * 1.002x that of old (0.981 to 1.024, 12 rounds): the whole interval is below 1.05".
 */
void gate_describe(const struct gate *gate, const struct result *result, struct strbuf *sb)
	__attribute__((nonnull));

/* Judges all gates[] by the runs and summaries that there are. */
void result_judge_gates(struct result *result) __attribute__((nonnull));

#endif
