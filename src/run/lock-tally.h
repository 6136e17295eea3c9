/* SPDX-License-Identifier: MIT */
/*
 * run/lock-tally: which part of the calls of futex, and of the time that they waited, is for locks of the allocator: by the
 * stacks that were taken of them. Zero-initialised: none yet.
 */
#ifndef MADVISOR_RUN_LOCK_TALLY_H
#define MADVISOR_RUN_LOCK_TALLY_H

#include <stdint.h>

#include "model/metrics.h"
#include "model/stack.h"
#include "stacks/symbolise.h"

struct lock_tally {
	double calls, waits;         /* weights of all stacks */
	double own_calls, own_waits; /* of these: with a function of the allocator on them */
	double samples;              /* of calls */
};

/* frames are those of the traces, with their roles. A trace of another kind is left out. */
void lock_tally_add(struct lock_tally *tally, const struct stack_trace *trace,
		    const struct frame *frames) __attribute__((nonnull));

/*
 * Sets METRIC_ALLOCATOR_LOCK_* from METRIC_FUTEX_*: nothing where no stack was taken though there were calls; 0 where
 * there were no calls.
 */
void lock_tally_metrics(const struct lock_tally *tally, struct metrics *metrics)
	__attribute__((nonnull));

#endif
