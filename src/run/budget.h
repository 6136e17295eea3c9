/* SPDX-License-Identifier: MIT */
/*
 * run/budget: how much of `--budget` is left for the rounds, after calibration, checks and warm-ups, and
 * less what the observed rounds will take. Pure.
 */
#ifndef MADVISOR_RUN_BUDGET_H
#define MADVISOR_RUN_BUDGET_H

#include <stdint.h>

struct budget {
	uint64_t total_ns;            /* as asked for; 0: none */
	uint64_t spent_ns;            /* before the first round */
	uint64_t round_ns;            /* what a round will take, by the runs so far */
	unsigned int observed_rounds; /* that follow the others */
};

/* For stopping_rule.budget_ns: 0 without a budget, at least 1 with one. */
uint64_t budget_for_rounds_ns(const struct budget *budget) __attribute__((nonnull, pure));

/*
 * Why the budget cannot be kept, with what it will take instead; NULL if it can, as far as is known. Two
 * rounds are always run. Caller frees.
 */
char *budget_shortfall(const struct budget *budget) __attribute__((nonnull, warn_unused_result));

#endif
