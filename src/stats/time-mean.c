/* SPDX-License-Identifier: MIT */
#include "stats/time-mean.h"

#include <math.h>

void time_mean_add(struct time_mean *mean, uint64_t now_ns, double value)
{
	if (mean->samples++ == 0)
		mean->first_ns = now_ns;
	else
		mean->area += (double)(now_ns - mean->last_ns) * (mean->last_value + value) / 2;
	mean->last_ns = now_ns;
	mean->last_value = value;
}

double time_mean_value(const struct time_mean *mean)
{
	if (mean->samples < 2 || mean->last_ns == mean->first_ns)
		return NAN;
	return mean->area / (double)(mean->last_ns - mean->first_ns);
}
