/* SPDX-License-Identifier: MIT */
#include "tune/race.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "stats/location.h"

/* Candidates that share a default in one block. More of them make the block longer, and drift larger. */
#define BLOCK_MAX 6

static double location_of_logs(const double *logs, size_t count)
{
	return count ? location_of(logs, count, 0.95).estimate : NAN;
}

double candidate_log_time(const struct attempt *candidate)
{
	return location_of_logs(candidate->log_time, candidate->blocks);
}

double candidate_log_memory(const struct attempt *candidate)
{
	return location_of_logs(candidate->log_memory, candidate->blocks);
}

double race_score(const struct search *search, size_t id)
{
	const struct attempt *candidate = &search->items[id];

	if (candidate->rejected || !candidate->blocks)
		return INFINITY;
	return tuning_score(search->preference, candidate_log_time(candidate),
			    candidate_log_memory(candidate));
}

size_t race_best(const struct search *search)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < search->count; i++)
		if (!isinf(race_score(search, i)) &&
		    (best == SIZE_MAX || race_score(search, i) < race_score(search, best)))
			best = i;
	return best;
}

double race_worth(const struct search *search)
{
	return log1p(search->margin_pct / 100);
}

/* Standard error of a candidate's score. */
static double error_of(const struct search *search, size_t id)
{
	const struct attempt *candidate = &search->items[id];

	return candidate->blocks ? search->noise / sqrt((double)candidate->blocks) : INFINITY;
}

bool race_is_worse(const struct search *search, size_t id)
{
	return race_score(search, id) - 2 * M_SQRT2 * error_of(search, id) > race_worth(search);
}

static void add_score(struct attempt *candidate, const struct block_score *score)
{
	if (candidate->blocks == candidate->alloc) {
		candidate->alloc = candidate->alloc ? 2 * candidate->alloc : 8;
		candidate->log_time = xreallocarray(candidate->log_time, candidate->alloc,
						    sizeof(*candidate->log_time));
		candidate->log_memory = xreallocarray(candidate->log_memory, candidate->alloc,
						      sizeof(*candidate->log_memory));
	}
	candidate->log_time[candidate->blocks] = score->log_time;
	candidate->log_memory[candidate->blocks] = score->log_memory;
	candidate->blocks++;
}

double race_runs_left(const struct search *search)
{
	return fmax(search->host.runs_left(search->host.context) - search->reserved, 0);
}

int race_block(struct search *search, enum tuning_stage stage, const size_t *ids, size_t count,
	       struct error *err)
{
	struct block_score scores[BLOCK_MAX] = { 0 };
	double left = race_runs_left(search);

	/* The default is one of them. */
	if (left < 2)
		return 0;
	if (left < (double)count + 1)
		count = (size_t)left - 1;
	int r = search->host.block(search->host.context, stage, ids, count, scores, err);

	for (size_t i = 0; i < count; i++) {
		struct attempt *candidate = &search->items[ids[i]];

		if (r < 0 || scores[i].failure) {
			if (r == 0 && !candidate->rejected) {
				candidate->rejected = scores[i].failure;
				scores[i].failure = NULL;
			}
			free(scores[i].failure);
			continue;
		}
		if (isfinite(scores[i].log_time))
			add_score(candidate, &scores[i]);
	}
	search->blocks += r == 0;
	return r;
}

/* One block more of each, in groups that share a default. */
static int run_all(struct search *search, enum tuning_stage stage, size_t *ids, size_t count,
		   struct error *err)
{
	random_shuffle(&search->random, ids, count);
	for (size_t i = 0; i < count;) {
		size_t left = count - i, groups = (left + BLOCK_MAX - 1) / BLOCK_MAX;
		size_t share = (left + groups - 1) / groups;
		int r = race_block(search, stage, ids + i, share, err);

		if (r < 0)
			return r;
		i += share;
	}
	return 0;
}

int race_admit(struct search *search, size_t id, struct error *err)
{
	struct attempt *candidate = id == SIZE_MAX ? NULL : &search->items[id];

	if (!candidate || candidate->blocks || candidate->rejected)
		return 0;
	int r = search->host.admit(search->host.context, id, candidate->choices,
				   &candidate->rejected, err);
	return r < 0 ? r : 0;
}

/* A candidate that the allocator refuses leaves before it is run. */
static int admit_all(struct search *search, size_t *ids, size_t *count, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		int r = race_admit(search, ids[i], err);

		if (r < 0)
			return r;
		if (!search->items[ids[i]].rejected)
			ids[kept++] = ids[i];
	}
	*count = kept;
	return 0;
}

static void sort_by_score(const struct search *search, size_t *ids, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		size_t id = ids[i], place = i;

		for (; place > 0 && race_score(search, id) < race_score(search, ids[place - 1]);
		     place--)
			ids[place] = ids[place - 1];
		ids[place] = id;
	}
}

/* Those that stay: above the cut, or not surely worse than the leader, but at most two thirds. */
static size_t cut(struct search *search, size_t *ids, size_t count, size_t keep)
{
	size_t half = count / 2 > keep ? count / 2 : keep;
	size_t most = count - count / 3 > keep ? count - count / 4 : keep;
	size_t stay = 0;

	sort_by_score(search, ids, count);
	for (; stay < count && stay < most; stay++) {
		double score = race_score(search, ids[stay]);
		double error = hypot(error_of(search, ids[stay]), error_of(search, ids[0]));

		if (isinf(score) || (stay >= half && score - error > race_score(search, ids[0])))
			break;
	}
	for (size_t i = stay; i < count; i++) {
		struct attempt *candidate = &search->items[ids[i]];
		size_t id = ids[i];

		candidate->dropped = candidate->rejected || !candidate->expected ||
				     candidate->blocks >= RACE_BLOCKS_SURE;
		if (candidate->dropped)
			continue;
		ids[i] = ids[stay];
		ids[stay++] = id;
	}
	return stay;
}

int race_run(struct search *search, enum tuning_stage stage, size_t *ids, size_t count, size_t keep,
	     struct error *err)
{
	int r = admit_all(search, ids, &count, err);

	for (unsigned int blocks = 1; r == 0 && count; blocks *= 2) {
		for (unsigned int i = 0; r == 0 && i < blocks; i++)
			r = run_all(search, stage, ids, count, err);
		if (r < 0 || count <= keep || race_runs_left(search) < 2)
			return r;
		count = cut(search, ids, count, keep);
	}
	return r;
}

int race_to_end(struct search *search, enum tuning_stage stage, size_t *ids, size_t count,
		size_t keep, struct error *err)
{
	int r = race_run(search, stage, ids, count, keep, err);

	for (int block = 1; r == 0 && block < RACE_BLOCKS_SURE && race_runs_left(search) >= 2;
	     block++) {
		size_t left[BLOCK_MAX], left_count = 0;

		for (size_t i = 0; i < count && left_count < BLOCK_MAX; i++) {
			const struct attempt *candidate = &search->items[ids[i]];

			if (!candidate->rejected && !candidate->dropped && candidate->blocks &&
			    candidate->blocks < RACE_BLOCKS_SURE)
				left[left_count++] = ids[i];
		}
		if (left_count)
			r = race_block(search, stage, left, left_count, err);
	}
	return r;
}

int race_settle(struct search *search, size_t *leader, struct error *err)
{
	for (;;) {
		if (race_score(search, *leader) > -race_worth(search)) {
			*leader = SIZE_MAX;
			return 0;
		}
		size_t blocks = search->items[*leader].blocks;
		if (blocks >= RACE_BLOCKS_SURE)
			return 0;
		int r = race_block(search, TUNING_MOVES, leader, 1, err);
		/* Without a score it was interrupted, or no runs are left. */
		if (r < 0 ||
		    (!search->items[*leader].rejected && search->items[*leader].blocks == blocks))
			return r;
		for (size_t i = 0; i < search->count; i++)
			if (race_score(search, i) < race_score(search, *leader))
				*leader = i;
	}
}
