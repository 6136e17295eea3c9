/* SPDX-License-Identifier: MIT */
/*
 * cmd/tune-confirm: what the search of `madvisor tune` found is run again on rounds that it never saw, and held against the
 * guards: a few rounds of all, then more of those that look worse. A part of cmd/tune.
 */
#ifndef MADVISOR_CMD_TUNE_CONFIRM_H
#define MADVISOR_CMD_TUNE_CONFIRM_H

#include "cmd/tune-target.h"

/* Rounds of each finalist, where a budget bounds them. */
#define TUNE_CONFIRM_ROUNDS 20

struct confirmation {
	struct target *target;
	uint64_t started_ns; /* of the whole tuning, by the target's clock */
	uint64_t budget_ns;  /* of the whole tuning */
	uint64_t end_ns;     /* after the start: when the guards' time begins */
	unsigned int rounds; /* as asked for; 0: as many as the budget holds */
	bool unbounded;      /* by rounds alone, whatever they take */
};

/* Runs the finalists of the target's result, and decides each one's end. Negative errno. */
int tune_confirm(const struct confirmation *plan, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
