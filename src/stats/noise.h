/* SPDX-License-Identifier: MIT */
/*
 * stats/noise: the noise floor: the baseline's difference from itself.
 *
 * Layer: above base and stats/ratio. Pure.
 *
 * The blind twin is the baseline under another name. Its distance from the baseline is noise, so a
 * contender within that distance must not be called faster or slower.
 */
#ifndef MADVISOR_STATS_NOISE_H
#define MADVISOR_STATS_NOISE_H

#include <stddef.h>

#include "stats/ratio.h"

/*
 * The noise floor of one case for one metric, in percent, from the twin's ratio to the baseline: its
 * distance from 1 and one standard error on top, because by chance alone a noisy ratio may come out
 * as 1. From four pairs on a single disturbed run does not move it. NAN below two pairs, or without a
 * ratio.
 */
double noise_floor_pct(const struct ratio *twin) __attribute__((nonnull, pure));

/*
 * The floor of a whole result: the median of its cases' floors. NANs are left out; NAN if nothing
 * remains.
 */
double noise_floor_overall_pct(const double *floors_pct, size_t cases) __attribute__((pure));

/*
 * The floor that decides a case's verdicts: the larger of its own and the overall one, so that a case
 * that looks quiet by luck is judged like the others. NAN only if both are.
 */
double noise_floor_deciding_pct(double case_pct, double overall_pct) __attribute__((const));

#endif
