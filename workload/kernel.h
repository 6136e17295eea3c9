/* SPDX-License-Identifier: MIT */
/*
 * workload/kernel: what measuring needs to know of a family of cases.
 *
 * Life: open, then any number of run (each followed by settle before anything is read), check, reset,
 * latency; close. All calls come from the main thread. A kernel keeps its threads between runs.
 */
#ifndef MADVISOR_WORKLOAD_KERNEL_H
#define MADVISOR_WORKLOAD_KERNEL_H

#include <stdint.h>

#include "base/error.h"
#include "case.h"
#include "histogram.h"
#include "source.h"

struct kernel {
	enum case_family family;
	const char *latency_of; /* what its latencies are, for people */
	/* The state is the kernel's own; the case is borrowed until close. */
	int (*open)(const struct workload_case *c, enum source_kind kind, void **ret_state,
		    struct error *err);
	/* Does so many iterations and returns when all of it is done. */
	void (*run)(void *state, uint64_t iterations);
	/* Returns when no thread of the kernel runs. */
	void (*settle)(void *state);
	/*
	 * Checks that all that was sent, spawned or allocated arrived, ran, was freed exactly once.
	 */
	int (*check)(void *state, struct error *err);
	void (*latency_reset)(void *state);
	void (*latency_merge)(void *state, struct histogram *into);
	uint64_t (*operations)(const void *state); /* in one iteration */
	void (*close)(void *state);
};

extern const struct kernel kernel_spawn, kernel_mpsc, kernel_churn, kernel_classic;

const struct kernel *kernel_for(enum case_family family);

#endif
