/* SPDX-License-Identifier: MIT */
/*
 * tune/rivals: plainer searches, to hold ours against (benchmarks/tune). They have the same space, blocks, races and
 * confirmation, and propose in another way; nothing is taken apart.
 */
#ifndef MADVISOR_TUNE_RIVALS_H
#define MADVISOR_TUNE_RIVALS_H

#include "tune/search.h"

/* Random combinations of one to four settings, raced in batches with the best so far, until the budget is used up. */
int rivals_random(struct search *search, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/*
 * All values of one setting after another, in random order, on top of the best so far, until no value of any setting
 * is new or the budget is used up.
 */
int rivals_one_by_one(struct search *search, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
