/* SPDX-License-Identifier: MIT */
/*
 * model/summarise: computes summaries from runs. Pure: the same runs give the same summaries.
 *
 * Timing metrics use only unobserved runs; metrics that only observed runs have (such as system
 * call counts) are summarised from those, which all ran under the same probe.
 */
#ifndef MADVISOR_MODEL_SUMMARISE_H
#define MADVISOR_MODEL_SUMMARISE_H

#include "model/result.h"

/*
 * Replaces summaries[] and noise_floor_pct from the runs, with the margin in result->command. Runs
 * with an error are ignored. `confidence` is the joint confidence of the intervals of all
 * contenders of one case and metric (see stopping_confidence()).
 */
void result_summarise(struct result *result, double confidence) __attribute__((nonnull));

/*
 * The noise floor that decides a case's verdicts, for any metric, from the runs
 * (noise_floor_deciding_pct()); NAN without enough runs of the twin.
 */
double result_noise_floor_pct(const struct result *result, size_t case_index, enum metric_id metric)
	__attribute__((nonnull));

/*
 * How far the widest interval of a metric in a case reaches from its estimate, in percent
 * (ratio_precision_pct()): NAN while a contender that takes part has no interval. One that is out of the case
 * (result_contender_is_out()) does not count; where all are, or the baseline is, it is 0: no
 * further round can narrow anything.
 */
double result_precision_pct(const struct result *result, size_t case_index, enum metric_id metric)
	__attribute__((nonnull, pure));

#endif
