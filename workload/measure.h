/* SPDX-License-Identifier: MIT */
/*
 * workload/measure: warm up, find out how many iterations are enough, measure them.
 *
 * All figures are of the measured phase alone, except the peak of resident memory, which the kernel keeps
 * for the process. The phase starts and ends with all threads of the kernel asleep.
 */
#ifndef MADVISOR_WORKLOAD_MEASURE_H
#define MADVISOR_WORKLOAD_MEASURE_H

#include <stdint.h>

#include "histogram.h"
#include "kernel.h"

struct measure_plan {
	uint64_t iterations; /* to measure; 0: as many as min_ns takes */
	uint64_t min_ns;
	uint64_t warmup_iterations; /* 0: as many as warmup_ns takes, at least 1 */
	uint64_t warmup_ns;
	int sync_fd; /* -1: none */
};

struct measured {
	uint64_t iterations, operations;
	uint64_t wall_ns, user_ns, sys_ns;
	uint64_t minor_faults, major_faults, context_switches;
	uint64_t peak_rss_bytes;  /* 0: the kernel does not say */
	struct histogram latency; /* may be empty */
};

/* state is an open kernel's. A failed check of the kernel is an error. */
int measure(const struct kernel *kernel, void *state, const struct measure_plan *plan,
	    struct measured *ret, struct error *err) __attribute__((warn_unused_result));

#endif
