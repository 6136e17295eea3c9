/* SPDX-License-Identifier: MIT */
/*
 * stats/modes: detects times that fall into two groups, so that their overall median is
 * meaningless.
 *
 * Layer: above base and stats/sorted. Pure.
 *
 * Two tests on the logarithms of the times, either of which is enough:
 *   - Hartigan's dip (Hartigan and Hartigan 1985: how far the empirical distribution is from the nearest one with a
 *     single mode) above its value for 0.5% of uniform samples of that size. The uniform distribution is the unimodal
 *     one with the largest dips, so that others give fewer false alarms.
 *   - From 12 runs on: a gap, in widths of the wider of the two groups beside it, that only 0.3% of
 *     uniform samples exceed. Each group has at least a quarter of the runs. It finds groups that the
 *     dip misses because one of them by chance has few runs.
 * Together: below 1% of false alarms on seven shapes of unimodal noise; two groups of equal odds, 1.5 times apart, with
 * a spread of 2 or 3% each, are found in over 19 of 20 samples of 20 runs (tests/unit/test-modes.c).
 */
#ifndef MADVISOR_STATS_MODES_H
#define MADVISOR_STATS_MODES_H

#include <stdbool.h>
#include <stddef.h>

struct modes {
	double low, high; /* the medians of the two groups, in the unit of the values */
	size_t low_count, high_count;
	double border; /* between the groups */
	/* Runs of one group lie together in time: the machine's speed changed, not the program's. */
	bool in_stretches;
};

/*
 * Values above 0 in the order of their measuring; NANs are left out. False for one group, and for
 * fewer than eight values, which are too few. ret is filled in if true.
 *
 * in_stretches: the groups follow each other in fewer stretches than two standard deviations below
 * what a random order gives (Wald and Wolfowitz 1940).
 */
bool modes_find(const double *values, size_t count, struct modes *ret)
	__attribute__((nonnull(3), warn_unused_result));

/*
 * Hartigan's dip of values in ascending order, in (0, 0.25]: 1 / (2 n) where one mode fits perfectly. NAN for fewer
 * than two values.
 */
double modes_dip(const double *sorted, size_t count) __attribute__((nonnull, warn_unused_result));

#endif
