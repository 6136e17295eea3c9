/* SPDX-License-Identifier: MIT */
#include "tune/finalists.h"

#include <math.h>

#include "base/array.h"
#include "tune/candidates.h"
#include "tune/race.h"

/* Few settings; and fewer, where the winner has no more than that itself. */
#define FEW 4
#define FEWER 2

/*
 * Of many candidates the best is lucky as well: each is taken as the worst of what its blocks leave likely, so that one of few
 * blocks does not go before one of many.
 */
static double cautious(const struct search *search, size_t id, double value)
{
	return value + search->noise / sqrt((double)search->items[id].blocks);
}

static double score_of(const struct search *search, size_t id)
{
	return cautious(search, id, race_score(search, id));
}

static double time_of(const struct search *search, size_t id)
{
	return cautious(search, id, candidate_log_time(&search->items[id]));
}

static double memory_of(const struct search *search, size_t id)
{
	return candidate_log_memory(&search->items[id]);
}

/* Run often enough, and better than the default by more than the margin. */
static bool is_good(const struct search *search, size_t id)
{
	return !search->items[id].rejected && search->items[id].blocks >= RACE_BLOCKS_SURE &&
	       score_of(search, id) < -race_worth(search);
}

static bool is_finalist(const struct search *search, size_t id)
{
	for (size_t i = 0; i < search->finalist_count; i++)
		if (search->finalists[i] == id)
			return true;
	return false;
}

static void add(struct search *search, size_t id)
{
	if (id != SIZE_MAX && search->finalist_count < ARRAY_SIZE(search->finalists) &&
	    !is_finalist(search, id))
		search->finalists[search->finalist_count++] = id;
}

/* Of the first three. */
static void add_first(struct search *search, size_t id)
{
	if (search->finalist_count < TUNING_FINALISTS)
		add(search, id);
}

static bool is_at_home(const struct search *search, size_t id)
{
	return !space_chosen(search->space, search->items[id].choices);
}

static bool is_no_larger(const struct search *search, size_t id)
{
	return !(memory_of(search, id) > 0);
}

/* Whether it lacks a setting of each finalist so far; of a finalist with one setting, has another value of it at least. */
static bool is_another(const struct search *search, size_t id)
{
	for (size_t i = 0; i < search->finalist_count; i++) {
		const size_t *choices = search->items[id].choices;
		const size_t *its = search->items[search->finalists[i]].choices;
		bool one = candidates_settings(search, search->finalists[i]) == 1, lacks = false;

		for (size_t k = 0; k < search->space->count; k++)
			lacks = lacks || (its[k] && (one ? choices[k] != its[k] : !choices[k]));
		if (!lacks)
			return false;
	}
	return true;
}

static bool is_of_few(const struct search *search, size_t id)
{
	return candidates_settings(search, id) <= FEW && is_another(search, id);
}

static bool is_of_fewer(const struct search *search, size_t id)
{
	return candidates_settings(search, id) <= FEWER && is_another(search, id);
}

static bool is_any(const struct search *search, size_t id)
{
	return true;
}

/* The one with the least `value` of those that are good and as wanted; SIZE_MAX: none. */
static size_t best_of(const struct search *search,
		      bool (*wanted)(const struct search *search, size_t id),
		      double (*value)(const struct search *search, size_t id))
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < search->count; i++)
		if (is_good(search, i) && wanted(search, i) && !isnan(value(search, i)) &&
		    (best == SIZE_MAX || value(search, i) < value(search, best)))
			best = i;
	return best;
}

/* Adds the best by one figure where it is better at it than the winner by more than the margin. */
static void add_better(struct search *search,
		       double (*value)(const struct search *search, size_t id))
{
	size_t best = best_of(search, is_any, value);

	if (best != SIZE_MAX &&
	    value(search, best) < value(search, search->winner) - race_worth(search))
		add_first(search, best);
}

/* The best that has a setting at another value than the winner, or not at all; SIZE_MAX: none, or a finalist is such a one. */
static size_t best_without(const struct search *search, size_t knob)
{
	size_t its = search->items[search->winner].choices[knob], best = SIZE_MAX;

	for (size_t i = 0; i < search->finalist_count; i++)
		if (search->items[search->finalists[i]].choices[knob] != its)
			return SIZE_MAX;
	for (size_t i = 0; i < search->count; i++)
		if (is_good(search, i) && search->items[i].choices[knob] != its &&
		    (best == SIZE_MAX || score_of(search, i) < score_of(search, best)))
			best = i;
	return best;
}

/* Whichever of the winner's settings harms a guard, one finalist lacks it, where the search has a good one that does. */
static void add_spares(struct search *search)
{
	const size_t *choices = search->items[search->winner].choices;

	for (size_t k = 0; k < search->space->count; k++)
		if (choices[k])
			add(search, best_without(search, k));
}

void finalists_choose(struct search *search)
{
	size_t winner = search->winner;

	if (winner == SIZE_MAX)
		return;
	add_first(search, winner);
	if (!is_at_home(search, winner))
		add_first(search, best_of(search, is_at_home, score_of));
	if (memory_of(search, winner) > race_worth(search))
		add_first(search, best_of(search, is_no_larger, score_of));
	if (candidates_settings(search, winner) > FEW)
		add_first(search, best_of(search, is_of_few, score_of));
	add_first(search, best_of(search, is_of_fewer, score_of));
	add_better(search, time_of);
	add_better(search, memory_of);
	if (search->guarded)
		add_spares(search);
}
