/* SPDX-License-Identifier: MIT */
/*
 * alloc/in-force: the settings that a program's allocator already has, by the catalogue's keys:
 * from its environment and its compiled-in texts, as identify/identify found them.
 */
#ifndef MADVISOR_ALLOC_IN_FORCE_H
#define MADVISOR_ALLOC_IN_FORCE_H

#include "identify/identify.h"
#include "model/result.h"

/*
 * Adds to a contender a heap's settings, weakest first: compiled in, configuration files, the
 * environment. Settings outside the catalogue are left out.
 */
void contender_add_in_force(struct contender *contender, const struct heap *heap)
	__attribute__((nonnull));

#endif
