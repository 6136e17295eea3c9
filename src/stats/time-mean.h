/* SPDX-License-Identifier: MIT */
/*
 * stats/time-mean: the mean of a quantity over time, from samples at uneven intervals, with straight
 * lines between them.
 */
#ifndef MADVISOR_STATS_TIME_MEAN_H
#define MADVISOR_STATS_TIME_MEAN_H

#include <stdint.h>

struct time_mean {
	uint64_t first_ns, last_ns;
	double last_value;
	double area;
	uint64_t samples;
};

#define TIME_MEAN_INIT       \
	{                    \
		.samples = 0 \
	}

/* now_ns must not go backwards. */
void time_mean_add(struct time_mean *mean, uint64_t now_ns, double value) __attribute__((nonnull));
/* NAN for fewer than two samples or no time between them. */
double time_mean_value(const struct time_mean *mean) __attribute__((nonnull, pure));

#endif
