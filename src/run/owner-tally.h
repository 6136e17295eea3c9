/* SPDX-License-Identifier: MIT */
/*
 * run/owner-tally: whose doing a run's faults and calls are: sums over the sampled ones, as rows of the result.
 *
 * A fault is the one's who mapped the page: by the kind of the mapping, and for anonymous memory by the call that mapped
 * it. A copy after a fork is the fork's.
 */
#ifndef MADVISOR_RUN_OWNER_TALLY_H
#define MADVISOR_RUN_OWNER_TALLY_H

#include <stdbool.h>

#include "model/result.h"
#include "stacks/symbolise.h"

struct owner_tally;

struct owner_tally *owner_tally_new(void) __attribute__((returns_nonnull, warn_unused_result));
/* Takes NULL. */
void owner_tally_free(struct owner_tally *tally);

/* Whether it is of an event that is tallied: a fault that is no refault, or a call that took no page away. */
bool owner_tally_wants(const struct stack_trace *trace) __attribute__((nonnull, pure));
/* by_stack: whose doing its innermost call is (stack_owner()). */
void owner_tally_add(struct owner_tally *tally, const struct stack_trace *trace,
		     enum owner by_stack) __attribute__((nonnull));
/* Adds the rows, as those of the last run. */
void owner_tally_take(const struct owner_tally *tally, struct result *result)
	__attribute__((nonnull));

#endif
