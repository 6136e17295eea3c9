/* SPDX-License-Identifier: MIT */
/*
 * report/loss: which figures come from an observation that lost events (observer_losses): refaults and calls are lower
 * bounds then, and are marked as such wherever they are shown.
 */
#ifndef MADVISOR_REPORT_LOSS_H
#define MADVISOR_REPORT_LOSS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/result.h"

/* Follows a marked figure. */
#define LOSS_MARK "*"

struct loss {
	double *events; /* [case][contender]: the most that one observed run lost */
	size_t contender_count;
};

void loss_init(struct loss *loss, const struct result *result) __attribute__((nonnull));
void loss_release(struct loss *loss) __attribute__((nonnull));

/* How many events the worst observed run of a contender in a case lost; 0 for none. */
double loss_events(const struct loss *loss, size_t case_index, size_t contender_index)
	__attribute__((nonnull, pure));

/* Whether losses affect a metric: the observer counts it event by event. */
bool loss_affects(enum metric_id metric) __attribute__((const));

#endif
