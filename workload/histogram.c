/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#include <math.h>
#include <string.h>

void histogram_clear(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	into->count += from->count;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t histogram_bucket_value(unsigned int bucket)
{
	if (bucket < 2 * HISTOGRAM_SUB)
		return bucket;
	unsigned int shift = bucket / HISTOGRAM_SUB - 1;
	uint64_t low = (uint64_t)(bucket - shift * HISTOGRAM_SUB) << shift;
	return low + (UINT64_C(1) << shift) / 2;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	double rank = ceil(share * (double)histogram->count);
	uint64_t wanted = rank < 1 ? 1 : (uint64_t)rank, seen = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted)
			return histogram_bucket_value(i);
	}
	return 0;
}
