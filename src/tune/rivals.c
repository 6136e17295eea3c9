/* SPDX-License-Identifier: MIT */
#include "tune/rivals.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tune/candidates.h"
#include "tune/race.h"

/* Random candidates in one race, the leader beside them. */
#define BATCH 12
/* Tries for a new candidate before it is taken that there are no more. */
#define TRIES 200
#define KNOBS_MAX 4
#define KEPT 3

static bool has_runs(const struct search *search)
{
	return race_runs_left(search) >= 2;
}

/* One to four settings at random values; SIZE_MAX: no new one was found. */
static size_t propose_at_random(struct search *search)
{
	size_t *choices = xcalloc(search->space->count + 1, sizeof(*choices));
	size_t id = SIZE_MAX;

	for (int i = 0; id == SIZE_MAX && i < TRIES; i++) {
		candidates_choose(search, choices);
		candidates_change(search, choices, 1 + random_below(&search->random, KNOBS_MAX));
		id = candidates_add(search, choices, TUNING_SEEDS, "at random", true);
	}
	free(choices);
	return id;
}

int rivals_random(struct search *search, struct error *err)
{
	size_t best = SIZE_MAX;
	int r = 0;

	while (r == 0 && has_runs(search)) {
		size_t ids[BATCH + 1], count = 0, fresh;

		if (best != SIZE_MAX)
			ids[count++] = best;
		while (count < BATCH + 1 && (fresh = propose_at_random(search)) != SIZE_MAX)
			ids[count++] = fresh;
		if (count == (best != SIZE_MAX))
			break;
		r = race_to_end(search, TUNING_SEEDS, ids, count, KEPT, err);
		best = race_best(search);
	}
	return r;
}

/* All values of one knob, on top of the best so far. */
static size_t vary(struct search *search, size_t best, size_t knob, size_t *ids)
{
	const struct space *space = search->space;
	size_t *choices = xcalloc(space->count + 1, sizeof(*choices)), count = 0;

	for (size_t value = 1; value <= space->knobs[knob].count; value++) {
		memset(choices, 0, space->count * sizeof(*choices));
		if (best != SIZE_MAX)
			memcpy(choices, search->items[best].choices,
			       space->count * sizeof(*choices));
		space_set(space, choices, knob, value);
		size_t id = candidates_add(search, choices, TUNING_SEEDS,
					   "one setting after another", true);
		if (id != SIZE_MAX)
			ids[count++] = id;
	}
	free(choices);
	return count;
}

int rivals_one_by_one(struct search *search, struct error *err)
{
	const struct space *space = search->space;
	size_t *order = xcalloc(space->count + 1, sizeof(*order));
	size_t best = SIZE_MAX;
	bool moved = true;
	int r = 0;

	for (size_t i = 0; i < space->count; i++)
		order[i] = i;
	while (r == 0 && moved && has_runs(search)) {
		moved = false;
		random_shuffle(&search->random, order, space->count);
		for (size_t i = 0; r == 0 && i < space->count && has_runs(search); i++) {
			size_t *ids = xcalloc(space->knobs[order[i]].count + 1, sizeof(*ids));
			size_t count = vary(search, best, order[i], ids);

			moved = moved || count;
			if (count && best != SIZE_MAX)
				ids[count++] = best;
			if (count)
				r = race_to_end(search, TUNING_SEEDS, ids, count, KEPT, err);
			best = race_best(search);
			if (best != SIZE_MAX && race_score(search, best) > -race_worth(search))
				best = SIZE_MAX;
			free(ids);
		}
	}
	free(order);
	return r;
}
