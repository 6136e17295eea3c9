/* SPDX-License-Identifier: MIT */
/*
 * tune/ablation: what each setting of a winner is worth, and the winner without those that are worth
 * nothing.
 */
#ifndef MADVISOR_TUNE_ABLATION_H
#define MADVISOR_TUNE_ABLATION_H

#include "tune/search.h"

/*
 * Runs the leader with each of its settings back at the default, in blocks with the leader; sets
 * search->winner and search->knobs.
 */
int ablation_run(struct search *search, size_t leader, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
