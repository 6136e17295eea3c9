/* SPDX-License-Identifier: MIT */
/*
 * workload/histogram: latencies in fixed memory, to within 1/64 of each value.
 *
 * Log-linear, as in HdrHistogram: values below 128 have a bucket each; above, each power of two is cut
 * into 64 equal buckets. Adding is a few instructions and never allocates. One writer at a time.
 */
#ifndef MADVISOR_WORKLOAD_HISTOGRAM_H
#define MADVISOR_WORKLOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_LINEAR_BITS 7
#define HISTOGRAM_SUB (1u << (HISTOGRAM_LINEAR_BITS - 1))
/* Up to 2^40 ns, 18 minutes; longer ones count as that. */
#define HISTOGRAM_MAX_BITS 40
#define HISTOGRAM_BUCKETS ((HISTOGRAM_MAX_BITS - HISTOGRAM_LINEAR_BITS + 2) * HISTOGRAM_SUB)

/* All zero is empty. */
struct histogram {
	uint64_t count;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *histogram);
/* Adds all of `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value that a share of all values (0 to 1) does not exceed, by nearest rank; 0 if empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);
/* The middle of the values that bucket counts. */
uint64_t histogram_bucket_value(unsigned int bucket);

static inline unsigned int histogram_bucket(uint64_t value)
{
	if (value >> HISTOGRAM_MAX_BITS)
		value = (UINT64_C(1) << HISTOGRAM_MAX_BITS) - 1;
	if (value < 2 * HISTOGRAM_SUB)
		return (unsigned int)value;
	unsigned int shift =
		63 - (unsigned int)__builtin_clzll(value) - (HISTOGRAM_LINEAR_BITS - 1);
	return shift * HISTOGRAM_SUB + (unsigned int)(value >> shift);
}

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->buckets[histogram_bucket(value)]++;
	histogram->count++;
}

#endif
