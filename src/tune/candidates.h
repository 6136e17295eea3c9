/* SPDX-License-Identifier: MIT */
/*
 * tune/candidates: which combinations of settings are tried: seeds, and moves from the best so far. No combination
 * comes up twice.
 */
#ifndef MADVISOR_TUNE_CANDIDATES_H
#define MADVISOR_TUNE_CANDIDATES_H

#include "tune/search.h"

/*
 * Adds at most `max` seeds, the likeliest first: against each symptom all settings that remedy it, each
 * setting alone at its listed values, random combinations of two to four.
 */
void candidates_seed(struct search *search, size_t max) __attribute__((nonnull));

/* Adds at most `max` moves: leaders crossed, a setting more, less, one step up or down. */
void candidates_move(struct search *search, const size_t *leaders, size_t leader_count, size_t max)
	__attribute__((nonnull));

/*
 * The candidate with these choices, made meaningful; added if it is new. SIZE_MAX for the default, and for
 * one that was there if `only_new`.
 */
size_t candidates_add(struct search *search, const size_t *choices, enum tuning_stage stage,
		      const char *origin, bool only_new) __attribute__((nonnull));

#endif
