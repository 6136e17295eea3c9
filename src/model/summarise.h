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
 * Replaces summaries[] and noise_floor_pct from the runs, with the confidence and margin in
 * result->command. Runs with an error count for nothing.
 */
void result_summarise(struct result *result) __attribute__((nonnull));

#endif
