/* SPDX-License-Identifier: MIT */
#include "tune/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "stats/spread.h"
#include "tune/ablation.h"
#include "tune/candidates.h"
#include "tune/finalists.h"
#include "tune/race.h"
#include "tune/rivals.h"

/* Blocks of the default against itself: enough to know its spread within a half. */
#define NOISE_BLOCKS 8
/* Candidates that a race ends with, and that moves begin from. */
#define LEADERS 4
/* A seed takes some three runs; what moves find is worth more, so that most runs are left for them. */
#define SEED_RUNS 8
#define SEEDS_MIN 4
/* Mixtures: a candidate for so many seeds. */
#define MIXTURES_PART 2
/* More seeds than these tell nothing more, however short the runs are. */
#define SEEDS_MAX 400
/* Allocators beside the default's whose settings are searched. */
#define ALLOCATORS_KEPT 3
/* New candidates in one step of moves. */
#define MOVES 6
/* Of them crossings. */
#define CROSSINGS 3
/* Runs that are kept for the ablation, and at most this part of all. */
#define ABLATION_RUNS 90
#define ABLATION_PART_MIN 0.2
#define ABLATION_PART 0.35

static int measure_noise(struct search *search, struct error *err)
{
	const size_t twin = SEARCH_TWIN;
	double logs[NOISE_BLOCKS];
	size_t count = 0;

	for (size_t i = 0;
	     i < NOISE_BLOCKS && (i < 3 || search->host.runs_left(search->host.context) > 0); i++) {
		struct block_score score = { NAN, NAN, NULL };
		int r = search->host.block(search->host.context, TUNING_NOISE, &twin, 1, &score,
					   err);

		free(score.failure);
		if (r < 0)
			return r;
		search->blocks++;
		logs[count++] = score.log_time;
	}
	double deviation = spread_of(logs, count).stddev;
	search->noise = isnan(deviation) ? 0 : deviation;
	return 0;
}

/* The best that were run, by score, in `ids`; returns how many. */
static size_t find_leaders(const struct search *search, size_t *ids, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < search->count; i++) {
		const struct attempt *candidate = &search->items[i];

		if (candidate->rejected || !candidate->blocks)
			continue;
		size_t place = count;
		while (place > 0 && race_score(search, i) < race_score(search, ids[place - 1]))
			place--;
		if (place >= max)
			continue;
		count = count < max ? count + 1 : max;
		memmove(ids + place + 1, ids + place, (count - place - 1) * sizeof(*ids));
		ids[place] = i;
	}
	return count;
}

/* The seeds: no more than a third of the runs can hold, the likeliest first. */
static int race_with_leaders(struct search *search, enum tuning_stage stage, size_t first,
			     struct error *err)
{
	size_t leaders[LEADERS], count = 0;
	size_t leader_count = find_leaders(search, leaders, LEADERS);
	size_t *ids = xcalloc(search->count - first + LEADERS, sizeof(*ids));

	for (size_t i = first; i < search->count; i++)
		ids[count++] = i;
	for (size_t i = 0; i < leader_count; i++)
		if (leaders[i] < first)
			ids[count++] = leaders[i];
	int r = race_to_end(search, stage, ids, count, LEADERS, err);
	free(ids);
	return r;
}

static int race_seeds(struct search *search, struct error *err)
{
	size_t first = search->count;
	size_t max = (size_t)fmin(race_runs_left(search) / SEED_RUNS, SEEDS_MAX) + SEEDS_MIN;

	candidates_seed(search, max);
	int r = race_with_leaders(search, TUNING_SEEDS, first, err);
	if (r < 0)
		return r;
	first = search->count;
	size_t leaders[LEADERS];
	size_t leader_count = find_leaders(search, leaders, LEADERS);
	candidates_mix(search, leaders, leader_count, max / MIXTURES_PART);
	return race_with_leaders(search, TUNING_MOVES, first, err);
}

/* The best score of any candidate of an allocator; of the default's, no worse than its own. */
static double best_of(const struct search *search, size_t owner)
{
	double best = owner ? INFINITY : 0;

	for (size_t i = 0; i < search->count; i++)
		if (space_chosen(search->space, search->items[i].choices) == owner)
			best = fmin(best, race_score(search, i));
	return best;
}

/*
 * Leaves out allocators that are surely worse than the best, and all but the best few. The default's own stays: to keep it
 * is worth something.
 */
static void close_allocators(struct search *search)
{
	size_t count = search->space->allocator_count;
	double best = INFINITY;

	search->closed = xcalloc(count, sizeof(*search->closed));
	for (size_t i = 0; i < count; i++)
		best = fmin(best, best_of(search, i));
	for (size_t i = 1; i < count; i++) {
		size_t better = 0;

		for (size_t k = 1; k < count; k++)
			better += best_of(search, k) < best_of(search, i);
		search->closed[i] = better >= ALLOCATORS_KEPT ||
				    best_of(search, i) - M_SQRT2 * search->noise > best;
	}
}

/* One block of each allocator, alone and with all remedies. */
static int look_at_allocators(struct search *search, struct error *err)
{
	if (search->space->allocator_count < 2)
		return 0;
	candidates_seed_allocators(search,
				   (size_t)fmax(race_runs_left(search) / 2, ALLOCATORS_KEPT));
	size_t count = search->count;
	size_t *ids = xcalloc(count + 1, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = i;
	/* All are kept: a race of one block. */
	int r = race_run(search, TUNING_SEEDS, ids, count, count, err);
	free(ids);
	if (r == 0)
		close_allocators(search);
	return r;
}

/* What moves begin from: the best, if it is worth anything; SIZE_MAX: the default. */
static size_t best_so_far(const struct search *search)
{
	size_t best = race_best(search);

	return best != SIZE_MAX && race_score(search, best) < -race_worth(search) ? best : SIZE_MAX;
}

/*
 * One step from the best: what it becomes by a change of one of the next settings in `order`, and crossings of it, raced with
 * the leaders. *ret_moved: whether there was anything new.
 */
static int race_moves(struct search *search, const size_t *order, size_t *next, bool *ret_moved,
		      struct error *err)
{
	size_t leaders[LEADERS], best = best_so_far(search), first = search->count;
	size_t leader_count = find_leaders(search, leaders, LEADERS), knobs = search->space->count;

	candidates_cross(search, best, CROSSINGS);
	for (size_t i = 0; i < knobs && search->count < first + MOVES; i++)
		candidates_vary(search, best, order[(*next)++ % knobs]);
	if (search->count == first && leader_count)
		candidates_move(search, leaders, leader_count, MOVES);
	*ret_moved = search->count > first;
	return *ret_moved ? race_with_leaders(search, TUNING_MOVES, first, err) : 0;
}

/* Moves go on until the runs are used up, or nothing new is found. */
static int improve(struct search *search, struct error *err)
{
	size_t *order = xcalloc(search->space->count + 1, sizeof(*order)), next = 0;
	bool moved = true;
	int r = 0;

	for (size_t i = 0; i < search->space->count; i++)
		order[i] = i;
	random_shuffle(&search->random, order, search->space->count);
	while (r == 0 && moved && race_runs_left(search) >= 2)
		r = race_moves(search, order, &next, &moved, err);
	free(order);
	return r;
}

/* A search that takes nothing apart: its best is its winner. */
static int run_rival(struct search *search, struct error *err)
{
	int r = search->kind == SEARCH_RANDOM ? rivals_random(search, err)
					      : rivals_one_by_one(search, err);
	size_t leader = r == 0 ? race_best(search) : SIZE_MAX;

	if (leader != SIZE_MAX)
		r = race_settle(search, &leader, err);
	search->winner = r == 0 ? leader : SIZE_MAX;
	return r;
}

static int run_full(struct search *search, struct error *err)
{
	size_t leader;

	double runs = search->host.runs_left(search->host.context);
	search->reserved =
		fmin(fmax(ABLATION_RUNS, ABLATION_PART_MIN * runs), ABLATION_PART * runs);
	int r = look_at_allocators(search, err);
	if (r == 0)
		r = race_seeds(search, err);
	if (r == 0)
		r = improve(search, err);
	search->reserved = 0;
	if (r == 0 && find_leaders(search, &leader, 1)) {
		/* One that a few lucky blocks put in front is run again before it is taken apart. */
		r = race_settle(search, &leader, err);
		if (r == 0 && leader != SIZE_MAX)
			r = ablation_run(search, leader, err);
	}
	return r;
}

int search_run(struct search *search, struct error *err)
{
	random_init(&search->random, search->seed);
	search->winner = SIZE_MAX;
	int r = measure_noise(search, err);
	if (r == 0)
		r = search->kind == SEARCH_FULL ? run_full(search, err) : run_rival(search, err);
	if (r == 0)
		finalists_choose(search);
	return r;
}

void search_release(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free(search->items[i].choices);
		free(search->items[i].log_time);
		free(search->items[i].log_memory);
		free(search->items[i].rejected);
	}
	free(search->items);
	for (size_t i = 0; i < search->knob_count; i++)
		tuning_knob_release(&search->knobs[i]);
	free(search->knobs);
	free(search->closed);
	search->closed = NULL;
	search->items = NULL;
	search->knobs = NULL;
	search->count = search->knob_count = 0;
}
