/* SPDX-License-Identifier: MIT */
/*
 * stats/spread: one contender's values of one metric, in the metric's own unit.
 *
 * Layer: above base. Pure; scratch memory only.
 *
 * The median is the estimate that reports show: half the runs took less, half more, and no single
 * run moves it. It has no interval: levels drift with the machine, and only ratios within rounds
 * (stats/ratio.h) cancel that. The quotient of two medians therefore need not equal the ratio.
 */
#ifndef MADVISOR_STATS_SPREAD_H
#define MADVISOR_STATS_SPREAD_H

#include <stddef.h>

struct spread {
	double median; /* the mean of the two middle values of an even number */
	double mean;
	double stddev; /* with count - 1; NAN below two values */
	double min;
	double max;
	size_t count; /* values that were measured; everything above is NAN if it is 0 */
};

/* The spread of those of the `count` values that are not NAN. */
struct spread spread_of(const double *values, size_t count) __attribute__((pure));

#endif
