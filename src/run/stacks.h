/* SPDX-License-Identifier: MIT */
/*
 * run/stacks: what was recorded of stacks into the rows of a result: symbolised, and each frame told apart as the
 * program's, its language's or its allocator's.
 */
#ifndef MADVISOR_RUN_STACKS_H
#define MADVISOR_RUN_STACKS_H

#include "identify/identify.h"
#include "model/result.h"
#include "stacks/stack-log.h"
#include "launch/identity.h"

/*
 * Adds the stacks to result, as those of its last run. Whatever keeps them from being read becomes a note: the rest of the
 * result is as good as without. log may be NULL: there were none to be had.
 */
void stacks_add(struct result *result, const struct stack_log *log,
		const struct identification *program, const struct identity *identity)
	__attribute__((nonnull(1, 3, 4)));

#endif
