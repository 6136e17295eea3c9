/* SPDX-License-Identifier: MIT */
/*
 * workload/now: the clock of the measured phase, without the indirection of base/clock, as a read is
 * inside what it measures. CLOCK_MONOTONIC through the vDSO: some 20 to 50 ns, no system call where the kernel
 * can use the CPU's counter.
 */
#ifndef MADVISOR_WORKLOAD_NOW_H
#define MADVISOR_WORKLOAD_NOW_H

#include <stdint.h>
#include <time.h>

/* The cost of one read; set once by now_calibrate() before threads start, 0 until then. */
extern uint64_t now_cost_ns;

/* The median of many pairs of reads, so that one interruption does not count. */
void now_calibrate(void);

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* From `then` to now, less the cost of one read. */
static inline uint64_t now_since(uint64_t then)
{
	uint64_t passed = now_ns() - then;

	return passed > now_cost_ns ? passed - now_cost_ns : 0;
}

#endif
