/* SPDX-License-Identifier: MIT */
/* alloc/judge-value: whether an allocator reads a value as what it says. A part of alloc/judge. Pure. */
#ifndef MADVISOR_ALLOC_JUDGE_VALUE_H
#define MADVISOR_ALLOC_JUDGE_VALUE_H

#include "alloc/judge.h"

/*
 * Sets the reason, the right value and `misread` of a verdict that has none yet. Of a key outside the catalogue little is
 * known: such a value is refused only where no value of the allocator is written so. Version: NULL where it is not known.
 */
void judge_value(const struct allocator *allocator, const char *version, const char *key,
		 const char *value, struct setting_verdict *verdict)
	__attribute__((nonnull(1, 3, 4, 5)));

#endif
