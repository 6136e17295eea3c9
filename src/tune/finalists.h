/* SPDX-License-Identifier: MIT */
/* tune/finalists: which candidates of a search are run again, on fresh rounds. */
#ifndef MADVISOR_TUNE_FINALISTS_H
#define MADVISOR_TUNE_FINALISTS_H

#include "tune/search.h"

/*
 * Sets search->finalists: the winner (if it is SIZE_MAX, none), and others that can take its place where it fails a guard, each
 * surely better than the default: the best of the default's own allocator, if the winner is of another one; the best that
 * takes no more memory than the default, if the winner takes more; the best of few settings, without one of the winner's; the
 * fastest, and the one with the least memory, where they are better than the winner at that. These are at most TUNING_FINALISTS;
 * where the search is guarded, at most TUNING_SPARES follow, so that each setting of the winner is lacked, or at another value, in
 * one of them, where the search has a good one that does.
 */
void finalists_choose(struct search *search) __attribute__((nonnull));

#endif
