/* SPDX-License-Identifier: MIT */
/*
 * base/clock: a clock behind a handle, so that tests can supply their own.
 * The real clock is CLOCK_MONOTONIC; its zero is arbitrary.
 */
#ifndef MADVISOR_BASE_CLOCK_H
#define MADVISOR_BASE_CLOCK_H

#include <stdint.h>

struct clock {
	uint64_t (*now_ns)(void *context);
	void *context; /* borrowed for the life of the clock */
};

extern const struct clock clock_real;

static inline uint64_t clock_now_ns(const struct clock *clock)
{
	return clock->now_ns(clock->context);
}

#endif
