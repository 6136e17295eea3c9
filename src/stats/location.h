/* SPDX-License-Identifier: MIT */
/*
 * stats/location: a robust location estimate of a few noisy values, with its interval.
 *
 * Layer: above base and stats/quantile. Pure; scratch memory only.
 *
 * The estimate is the trimmed mean: one value is left out at either end of three to twelve, two of up
 * to seventeen, and so on, nearly a fifth of many, so that a disturbed run does not move it. The
 * interval is
 *   from 8 values on: Yuen's, the trimmed mean with the spread of the winsorised sample. Each value
 *	trimmed at either end costs three degrees of freedom, one more than in Yuen's paper, so that
 *	the interval also holds for well-behaved samples;
 *   below: Student's, around the mean. It cannot set disturbed values aside, but it is valid: heavy
 *	tails make it wider, not wrong.
 * docs/METHOD.md has the reasons and the simulations that chose this.
 */
#ifndef MADVISOR_STATS_LOCATION_H
#define MADVISOR_STATS_LOCATION_H

#include <stddef.h>

struct location {
	double estimate; /* NAN without values */
	double low;      /* low <= estimate <= high; both NAN below two values */
	double high;
	double standard_error; /* of the estimate, not moved by single disturbed values from four values
				  on; NAN below two values */
	size_t count;
};

/* From this number of values on, the interval is robust against single disturbed values. */
#define LOCATION_ROBUST_COUNT 8

/*
 * The location of the `count` values that are not NAN, in any order, none of them infinite, with the
 * interval at `confidence` (0 to 1, both exclusive; anything else gives no interval).
 */
struct location location_of(const double *values, size_t count, double confidence)
	__attribute__((pure));

#endif
