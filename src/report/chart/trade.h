/* SPDX-License-Identifier: MIT */
/* report/chart/trade: what a contender's time and memory are, as ratios to the baseline's. A part of pareto.c. */
#ifndef MADVISOR_REPORT_CHART_TRADE_H
#define MADVISOR_REPORT_CHART_TRADE_H

#include <stddef.h>

#include "report/production.h"

/* NAN where it was not measured, and for bounds without an interval. */
struct trade {
	double time, time_low, time_high;
	double memory, memory_low, memory_high;
};

/* In a case; without a verdict on time there is none. */
struct trade trade_in(const struct production *production, size_t case_index, size_t contender)
	__attribute__((nonnull));
/* How many cases have both figures of some contender. */
size_t trade_case_count(const struct production *production) __attribute__((nonnull));
/* The geometric mean over `cases`; NAN for a contender that lacks some case: means of other cases do not compare. */
struct trade trade_mean(const struct production *production, size_t contender, size_t cases)
	__attribute__((nonnull));

#endif
