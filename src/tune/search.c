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
#include "tune/race.h"
#include "tune/rivals.h"

/* Blocks of the default against itself: enough to know its spread within a half. */
#define NOISE_BLOCKS 8
/* Candidates that a race ends with, and that moves begin from. */
#define LEADERS 3
/* More seeds than these tell nothing more, however short the runs are. */
#define SEEDS_MAX 400
/* New candidates in one step of moves. */
#define MOVES 8
/* Steps without a better leader that end the moves. */
#define STEPS_WITHOUT_GAIN 6
/* Runs that are kept for the ablation, and at most this part of all. */
#define ABLATION_RUNS 60
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

/* The seeds: no more than half of the runs can hold, the likeliest first. */
static int race_seeds(struct search *search, double kept, struct error *err)
{
	size_t first = search->count;
	double runs = fmax(search->host.runs_left(search->host.context) - kept, 0);

	candidates_seed(search, (size_t)fmin(runs / 3, SEEDS_MAX) + 4);
	size_t count = search->count - first;
	size_t *ids = xcalloc(count + 1, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = first + i;
	int r = race_run(search, TUNING_SEEDS, ids, count, LEADERS, err);
	free(ids);
	return r;
}

/* One step from the leaders: neighbours and crossings, raced with the leaders. */
static int race_moves(struct search *search, const size_t *leaders, size_t leader_count,
		      bool *ret_moved, struct error *err)
{
	size_t first = search->count;
	size_t ids[MOVES + LEADERS], count = 0;

	candidates_move(search, leaders, leader_count, MOVES);
	*ret_moved = search->count > first;
	for (size_t i = first; i < search->count; i++)
		ids[count++] = i;
	for (size_t i = 0; i < leader_count; i++)
		ids[count++] = leaders[i];
	return *ret_moved ? race_run(search, TUNING_MOVES, ids, count, LEADERS, err) : 0;
}

/* Moves go on until only the runs for the ablation, `kept`, are left. */
static int improve(struct search *search, double kept, struct error *err)
{
	size_t leaders[LEADERS];
	size_t count = find_leaders(search, leaders, LEADERS);
	double best = count ? race_score(search, leaders[0]) : 0;
	bool moved = true;

	for (int idle = 0; count && moved && idle < STEPS_WITHOUT_GAIN &&
			   search->host.runs_left(search->host.context) > kept;) {
		int r = race_moves(search, leaders, count, &moved, err);

		if (r < 0)
			return r;
		count = find_leaders(search, leaders, LEADERS);
		double now = count ? race_score(search, leaders[0]) : 0;
		idle = now < best - race_worth(search) ? 0 : idle + 1;
		best = fmin(best, now);
	}
	return 0;
}

/*
 * The winner, and beside it the fastest and the one with the least memory, where they are others and
 * better than the default at something.
 */
static void choose_finalists(struct search *search)
{
	size_t fastest = SIZE_MAX, smallest = SIZE_MAX;

	if (search->winner == SIZE_MAX)
		return;
	search->finalists[search->finalist_count++] = search->winner;
	for (size_t i = 0; i < search->count; i++) {
		const struct attempt *candidate = &search->items[i];
		double log_time = candidate_log_time(candidate);
		double log_memory = candidate_log_memory(candidate);

		if (candidate->rejected || candidate->blocks < RACE_BLOCKS_SURE)
			continue;
		if (fastest == SIZE_MAX || log_time < candidate_log_time(&search->items[fastest]))
			fastest = i;
		if (log_time < -race_worth(search) && !isnan(log_memory) &&
		    (smallest == SIZE_MAX ||
		     log_memory < candidate_log_memory(&search->items[smallest])))
			smallest = i;
	}
	const struct attempt *winner = &search->items[search->winner];
	if (fastest != SIZE_MAX && fastest != search->winner &&
	    candidate_log_time(&search->items[fastest]) <
		    candidate_log_time(winner) - race_worth(search))
		search->finalists[search->finalist_count++] = fastest;
	if (smallest != SIZE_MAX && smallest != search->winner && smallest != fastest &&
	    candidate_log_memory(&search->items[smallest]) <
		    candidate_log_memory(winner) - race_worth(search))
		search->finalists[search->finalist_count++] = smallest;
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
	double kept =
		fmin(ABLATION_RUNS, ABLATION_PART * search->host.runs_left(search->host.context));
	int r = race_seeds(search, kept, err);
	if (r == 0)
		r = improve(search, kept, err);
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
		choose_finalists(search);
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
	search->items = NULL;
	search->knobs = NULL;
	search->count = search->knob_count = 0;
}
