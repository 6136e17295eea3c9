/* SPDX-License-Identifier: MIT */
/* model/lookup: the summaries of a result by case, contender and metric, however many there are. */
#ifndef MADVISOR_MODEL_LOOKUP_H
#define MADVISOR_MODEL_LOOKUP_H

#include <stddef.h>

#include "model/result.h"

/* Borrows the summaries; good while the result is not changed. */
struct lookup {
	const struct summary **sorted;
	size_t count;
};

void lookup_init(struct lookup *lookup, const struct result *result) __attribute__((nonnull));
void lookup_release(struct lookup *lookup) __attribute__((nonnull));

/* Borrowed, or NULL if missing. */
const struct summary *lookup_summary(const struct lookup *lookup, size_t case_index,
				     size_t contender_index, enum metric_id metric)
	__attribute__((nonnull, pure));

/* The estimate, or NAN. */
double lookup_estimate(const struct lookup *lookup, size_t case_index, size_t contender_index,
		       enum metric_id metric) __attribute__((nonnull, pure));

/*
 * What peak memory is compared by: that of all processes if the program has children and all that is compared has it,
 * none below that of its largest process (a ratio of two ways of measuring says nothing); else that of the process.
 */
enum metric_id lookup_memory_metric(const struct lookup *lookup, const struct result *result)
	__attribute__((nonnull));

#endif
