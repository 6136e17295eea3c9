/* SPDX-License-Identifier: MIT */
/*
 * stats/ratio: how many times the baseline a contender takes, from paired rounds.
 *
 * Layer: above base and stats/location. Pure.
 *
 * Each round ran both, so disturbances of a whole round cancel in its quotient. The ratio is the
 * exponential of the location of the rounds' log-quotients (stats/location.h): twice as slow and
 * twice as fast lie equally far from 1, and swapping the two gives exactly the inverse ratio and
 * interval.
 *
 * Headroom is the same ratio with the limit in the baseline's place.
 */
#ifndef MADVISOR_STATS_RATIO_H
#define MADVISOR_STATS_RATIO_H

#include <stddef.h>

/*
 * Two rounds that disagree can put an end of an interval anywhere, as at 1e28, which is no figure to print, keep or
 * reckon with: an interval that goes beyond this, or below its inverse, is none.
 */
#define RATIO_END 1e9

struct ratio {
	double estimate; /* contender / baseline; NAN: none */
	double low; /* low <= estimate <= high; both NAN with too few data, or where one is beyond RATIO_END */
	double high;
	double log_error; /* standard error of log(estimate); NAN below two pairs and for a ratio of 0 */
	size_t pairs; /* rounds in which both were measured */
};

/*
 * The ratio from `rounds` rounds: baseline[i] and contender[i] are round i's values of a metric that
 * cannot be negative. A round where either is NAN (not measured), negative or infinite is left out.
 *
 * Zeros. Both 0 in a round: a quotient of 1. The contender 0 in every round and the baseline in
 * none: a ratio of 0. Its interval treats the values as counts, of which the contender may have a
 * few in other rounds: 0 in two rounds is compatible with 1.5 a round at 95%, which is no
 * difference from a baseline of 1, and a large one from 1,000. An interval that would reach 1 is
 * omitted. Any other pair of one zero and one positive value has no logarithm, and leaving it out
 * would hide the largest differences: the ratio is all NAN.
 *
 * `confidence` is that of this one interval; see confidence_each().
 */
struct ratio ratio_paired(const double *baseline, const double *contender, size_t rounds,
			  double confidence) __attribute__((pure));

/*
 * The confidence that each of `comparisons` intervals needs so that all of them hold together with
 * at least `confidence` (Bonferroni; holds whatever the comparisons share, such as the baseline).
 * 0 comparisons count as 1.
 */
double confidence_each(double confidence, size_t comparisons) __attribute__((const));

/*
 * How a ratio has changed between two experiments that share no run: now / then, with an interval at the
 * confidence of theirs, recovered from the distances of their bounds (Zou and Donner 2008, "Construction of
 * confidence limits about effect measures", MOVER) on the logarithms. All NAN for a ratio of 0; no interval
 * without both intervals.
 */
struct ratio ratio_change(const struct ratio *now, const struct ratio *then)
	__attribute__((nonnull, pure));

/*
 * The half-width of the interval, in percent: the larger of high / estimate - 1 and
 * estimate / low - 1. 0 for a ratio of 0; NAN without an interval.
 */
double ratio_precision_pct(const struct ratio *ratio) __attribute__((nonnull, pure));

#endif
