/* SPDX-License-Identifier: MIT */
#include "stats/noise.h"

#include <math.h>

#include "stats/spread.h"

double noise_floor_pct(const struct ratio *twin)
{
	return 100 * expm1(fabs(log(twin->estimate)) + twin->log_error);
}

double noise_floor_overall_pct(const double *floors_pct, size_t cases)
{
	return spread_of(floors_pct, cases).median;
}

double noise_floor_deciding_pct(double case_pct, double overall_pct)
{
	return fmax(case_pct, overall_pct);
}
