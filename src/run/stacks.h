/* SPDX-License-Identifier: MIT */
/*
 * run/stacks: adds recorded stacks to the rows of a result: symbolised, with each frame classified
 * as the program's, its language's or its allocator's.
 */
#ifndef MADVISOR_RUN_STACKS_H
#define MADVISOR_RUN_STACKS_H

#include "identify/identify.h"
#include "model/result.h"
#include "stacks/stack-log.h"
#include "launch/identity.h"

/*
 * Adds the stacks to result, as those of its last run. A failure to read them becomes a note; the
 * rest of the result stays valid. log is NULL if no stacks were recorded.
 */
void stacks_add(struct result *result, const struct stack_log *log,
		const struct identification *program, const struct identity *identity)
	__attribute__((nonnull(1, 3, 4)));

#endif
