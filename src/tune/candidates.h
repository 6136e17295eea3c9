/* SPDX-License-Identifier: MIT */
/*
 * tune/candidates: which combinations of settings are tried: seeds, and moves from the best so far. No combination
 * comes up twice.
 */
#ifndef MADVISOR_TUNE_CANDIDATES_H
#define MADVISOR_TUNE_CANDIDATES_H

#include "tune/search.h"

/* Adds at most `max` seeds that show what each allocator is worth: each of the others alone, and each with all remedies. */
void candidates_seed_allocators(struct search *search, size_t max) __attribute__((nonnull));

/*
 * Adds at most `max` seeds, the likeliest first: what is proposed, against each symptom all settings that remedy it, each
 * setting alone at its listed values, random combinations of two to four.
 */
void candidates_seed(struct search *search, size_t max) __attribute__((nonnull));

/* Adds at most `max` moves: leaders crossed, a setting more, less, one step up or down. */
void candidates_move(struct search *search, const size_t *leaders, size_t leader_count, size_t max)
	__attribute__((nonnull));

/*
 * Adds at most `max` mixtures: a leader, or the default of an allocator that is open, with about half of its other
 * settings, at any values that do no harm alone. Settings that help together alone come up so.
 */
void candidates_mix(struct search *search, const size_t *leaders, size_t leader_count, size_t max)
	__attribute__((nonnull));

/* Adds what a candidate (SIZE_MAX: the default) becomes by each other value of one knob. */
void candidates_vary(struct search *search, size_t from, size_t knob) __attribute__((nonnull));
/* Adds at most `max` crossings of a candidate with others that were better than the default. */
void candidates_cross(struct search *search, size_t from, size_t max) __attribute__((nonnull));

/*
 * The candidate with these choices, made meaningful; added if it is new. SIZE_MAX for the default, and for
 * one that was there if `only_new`.
 */
size_t candidates_add(struct search *search, const size_t *choices, enum tuning_stage stage,
		      const char *origin, bool only_new) __attribute__((nonnull));

/* The candidate with one setting back at its default; SIZE_MAX: that is the default itself. */
size_t candidates_without(struct search *search, size_t id, size_t knob) __attribute__((nonnull));
/* How many settings it has. */
size_t candidates_settings(const struct search *search, size_t id) __attribute__((nonnull, pure));

/* Chooses any allocator that is open, its settings at their defaults. */
void candidates_choose(struct search *search, size_t *choices) __attribute__((nonnull));
/* Sets `count` settings of the chosen allocator to random values, the same one twice perhaps. */
void candidates_change(struct search *search, size_t *choices, size_t count)
	__attribute__((nonnull));

#endif
