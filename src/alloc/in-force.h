/* SPDX-License-Identifier: MIT */
/*
 * alloc/in-force: what a program's allocator is set to already, by the catalogue's keys: from the
 * variables in its environment and what is compiled into it, as identify/identify found them.
 */
#ifndef MADVISOR_ALLOC_IN_FORCE_H
#define MADVISOR_ALLOC_IN_FORCE_H

#include "identify/identify.h"
#include "model/result.h"

/*
 * Adds to a contender the settings of a heap that the catalogue knows, weakest first: what is compiled
 * in, configuration files, the environment. What it does not know is left out.
 */
void contender_add_in_force(struct contender *contender, const struct heap *heap)
	__attribute__((nonnull));

#endif
