/* SPDX-License-Identifier: MIT */
/*
 * alloc/ineffective: finds what is set for a program's allocators but does not do what it says:
 * misspelt names, wrong separators, values that are refused or read as something else, variables
 * that no allocator of the program reads.
 *
 * Pure, and bounded: the texts come from the target's environment.
 */
#ifndef MADVISOR_ALLOC_INEFFECTIVE_H
#define MADVISOR_ALLOC_INEFFECTIVE_H

#include "base/strbuf.h"
#include "identify/identify.h"

/*
 * Adds rows to `ineffective`, each with the reason and, where it is known, the right spelling. A
 * setting of a heap without any effect is removed from the heap's settings.
 */
void ineffective_find(struct identification *identification) __attribute__((nonnull));

/* "MALLOC_CONF=narenas=1 has no effect: …; write MALLOC_CONF=narenas:1". Not escaped. */
void ineffective_say(const struct without_effect *row, struct strbuf *out) __attribute__((nonnull));

#endif
