/* SPDX-License-Identifier: MIT */
/*
 * model/summarise: from runs to summaries. Pure: the same runs give the same summaries.
 *
 * Timing metrics come from unobserved runs alone; a metric that only an observed run has (such as a
 * system call count) is summarised from the observed runs, which all ran under the same probe.
 */
#ifndef MADVISOR_MODEL_SUMMARISE_H
#define MADVISOR_MODEL_SUMMARISE_H

#include "model/result.h"

/*
 * Replaces summaries[] and noise_floor_pct from the runs, with the margin in result->command. Runs with
 * an error count for nothing. `confidence` is that with which the intervals of all contenders of one
 * case and metric hold together (see stopping_confidence()).
 */
void result_summarise(struct result *result, double confidence) __attribute__((nonnull));

/*
 * The noise floor that decides in a case, for any metric, from the runs (noise_floor_deciding_pct()); NAN without a twin
 * that ran often enough.
 */
double result_noise_floor_pct(const struct result *result, size_t case_index, enum metric_id metric)
	__attribute__((nonnull));

/*
 * How far the widest interval of a metric in a case reaches from its estimate, in percent
 * (ratio_precision_pct()): NAN while a contender that takes part has no interval.
 */
double result_precision_pct(const struct result *result, size_t case_index, enum metric_id metric)
	__attribute__((nonnull, pure));

#endif
