/* SPDX-License-Identifier: MIT */
#include "run/lock-tally.h"

#include <fnmatch.h>
#include <math.h>
#include <stdbool.h>

/* jemalloc's own threads sleep in its functions until there is something to do: nobody waits for them. */
#define IDLE "*background_thread*"

static bool is_allocators(const struct stack_trace *trace, const struct frame *frames)
{
	bool is_own = false;

	for (size_t i = 0; i < trace->frame_count; i++) {
		const struct frame *frame = &frames[trace->frames[i]];

		is_own |= frame->role == FRAME_ALLOCATOR;
		if (frame->role == FRAME_ALLOCATOR && fnmatch(IDLE, frame->function, 0) == 0)
			return false;
	}
	return is_own;
}

void lock_tally_add(struct lock_tally *tally, const struct stack_trace *trace,
		    const struct frame *frames)
{
	double weight = (double)trace->pages;
	bool is_own = is_allocators(trace, frames);

	if (trace->kind == TAX_CALL_FUTEX) {
		tally->calls += weight;
		tally->own_calls += is_own ? weight : 0;
		tally->samples += (double)trace->samples;
	} else if (trace->kind == TAX_CALL_WAIT) {
		tally->waits += weight;
		tally->own_waits += is_own ? weight : 0;
	}
}

void lock_tally_metrics(const struct lock_tally *tally, struct metrics *metrics)
{
	double calls = metrics->value[METRIC_FUTEX_CALLS];
	double part = tally->calls > 0 ? tally->own_calls / tally->calls : calls == 0 ? 0 : NAN;
	double waits = tally->waits > 0 ? tally->own_waits / tally->waits : part >= 0 ? 0 : NAN;

	metrics->value[METRIC_ALLOCATOR_LOCK_CALLS] = part * calls;
	metrics->value[METRIC_ALLOCATOR_LOCK_ERROR] =
		tally->samples > 0 ? calls * sqrt(part * (1 - part) / tally->samples) : NAN;
	metrics->value[METRIC_ALLOCATOR_LOCK_NS] = part * metrics->value[METRIC_FUTEX_NS];
	metrics->value[METRIC_ALLOCATOR_LOCK_WAIT_NS] =
		waits * metrics->value[METRIC_FUTEX_WAIT_NS];
}
