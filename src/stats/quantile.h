/* SPDX-License-Identifier: MIT */
/*
 * stats/quantile: the critical values that intervals are built from.
 *
 * Layer: above base alone. Pure.
 */
#ifndef MADVISOR_STATS_QUANTILE_H
#define MADVISOR_STATS_QUANTILE_H

#include <stddef.h>

/*
 * The t for which Student's distribution with `df` degrees of freedom lies within [-t, t] with
 * probability `confidence`: student_quantile(0.95, 4) is 2.776. Good to a relative error of 1e-9 up
 * to a confidence of 1 - 1e-6. NAN unless 0 < confidence < 1 and df > 0.
 */
double student_quantile(double confidence, size_t df) __attribute__((const));

#endif
