/* SPDX-License-Identifier: MIT */
#include "tune/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tune/candidates.h"
#include "tune/race.h"

/* Candidates that a step's race ends with. */
#define KEPT 2
#define GROUP_MAX 5 /* candidates beside the leader in one block */

struct path {
	struct search *search;
	size_t leader;
	size_t here; /* SIZE_MAX: the default */
};

static size_t *choices_here(const struct path *path)
{
	const struct search *search = path->search;
	size_t *choices = xcalloc(search->space->count + 1, sizeof(*choices));

	if (path->here != SIZE_MAX)
		memcpy(choices, search->items[path->here].choices,
		       search->space->count * sizeof(*choices));
	return choices;
}

/* Takes over the leader's value of a knob, and of what that has no effect without. */
static void take_over(const struct path *path, size_t *choices, size_t knob)
{
	const struct space *space = path->search->space;
	const size_t *from = path->search->items[path->leader].choices;
	const char *with = space->knobs[knob].info->with;

	choices[knob] = from[knob];
	if (space->chooser != SIZE_MAX)
		choices[space->chooser] = from[space->chooser];
	if (!with)
		return;
	size_t other = space_find(space, space->knobs[knob].owner, with);
	if (other != SIZE_MAX)
		choices[other] = from[other];
}

static double score_of(const struct path *path, size_t id)
{
	return id == SIZE_MAX ? 0 : race_score(path->search, id);
}

/* Twice the standard error of the difference of two candidates' scores. */
static double doubt(const struct path *path, size_t a, size_t b)
{
	const struct search *search = path->search;
	double variance = 1 / (double)search->items[a].blocks;

	if (b != SIZE_MAX)
		variance += 1 / (double)search->items[b].blocks;
	return 2 * search->noise * sqrt(variance);
}

/* Whether `id` is surely better than another one (SIZE_MAX: the default) by the margin. */
static bool is_gain(const struct path *path, size_t id, size_t than)
{
	const struct search *search = path->search;

	if (search->items[id].rejected || search->items[id].blocks < RACE_BLOCKS_SURE)
		return false;
	return score_of(path, id) <
	       score_of(path, than) - fmax(race_worth(search), doubt(path, id, than));
}

/* One more setting of the leader each, in `ids`; returns how many. */
static size_t steps_from_here(const struct path *path, size_t *ids)
{
	struct search *search = path->search;
	size_t count = 0;

	for (size_t knob = 0; knob < search->space->count; knob++) {
		size_t *choices = choices_here(path);
		bool known = false;

		if (choices[knob] == search->items[path->leader].choices[knob]) {
			free(choices);
			continue;
		}
		take_over(path, choices, knob);
		size_t id = candidates_add(search, choices, TUNING_ABLATION,
					   "a setting of the best on top of others", false);
		for (size_t i = 0; i < count; i++)
			known = known || ids[i] == id;
		if (id != SIZE_MAX && !known && !search->items[id].rejected)
			ids[count++] = id;
		free(choices);
	}
	return count;
}

/* Goes on to the best of the candidates, if that surely gains something. */
static bool go_on(struct path *path, const size_t *ids, size_t count)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < count; i++)
		if (is_gain(path, ids[i], path->here) &&
		    (best == SIZE_MAX || score_of(path, ids[i]) < score_of(path, best)))
			best = ids[i];
	if (best != SIZE_MAX)
		path->here = best;
	return best != SIZE_MAX;
}

static int step(struct path *path, bool *ret_moved, struct error *err)
{
	struct search *search = path->search;
	size_t *ids = xcalloc(search->space->count + 1, sizeof(*ids));
	size_t count = steps_from_here(path, ids);
	/* That it lost an earlier race does not count in this one. */
	for (size_t i = 0; i < count; i++)
		search->items[ids[i]].dropped = false;
	int r = count ? race_to_end(search, TUNING_ABLATION, ids, count, KEPT, err) : 0;

	/* A race leaves some out of the array, and none of the candidates: all of them are looked at. */
	count = steps_from_here(path, ids);
	*ret_moved = r == 0 && go_on(path, ids, count);
	free(ids);
	return r;
}

static int run_blocks(struct path *path, const size_t *ids, size_t count, struct error *err)
{
	int r = 0;

	for (int block = 0; block < RACE_BLOCKS_SURE && r == 0; block++)
		for (size_t i = 0; r == 0 && i < count && race_runs_left(path->search) >= 3;
		     i += GROUP_MAX) {
			size_t group[GROUP_MAX + 1] = { path->leader }, size = 1;

			for (size_t k = i; k < count && k < i + GROUP_MAX; k++)
				if (!path->search->items[ids[k]].rejected)
					group[size++] = ids[k];
			r = race_block(path->search, TUNING_ABLATION, group, size, err);
		}
	return r;
}

/* Takes over all settings without each of which the leader surely loses: those that help together alone. */
static int leap(struct path *path, bool *ret_moved, struct error *err)
{
	struct search *search = path->search;
	const size_t *from = search->items[path->leader].choices;
	size_t *ids = xcalloc(search->space->count + 1, sizeof(*ids));
	size_t *knobs = xcalloc(search->space->count + 1, sizeof(*knobs));
	size_t *choices = choices_here(path), count = 0;
	int r = 0;

	*ret_moved = false;
	for (size_t knob = 0; r == 0 && knob < search->space->count; knob++) {
		if (choices[knob] == from[knob] || knob == search->space->chooser)
			continue;
		size_t id = candidates_without(search, path->leader, knob);
		from = search->items[path->leader].choices;
		if (id == SIZE_MAX)
			continue;
		knobs[count] = knob;
		ids[count++] = id;
		r = race_admit(search, id, err);
	}
	if (r == 0)
		r = run_blocks(path, ids, count, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (search->items[ids[i]].rejected ||
		    (search->items[ids[i]].blocks && is_gain(path, path->leader, ids[i])))
			take_over(path, choices, knobs[i]);
	size_t next = r == 0 ? candidates_add(search, choices, TUNING_ABLATION,
					      "what the best cannot do without", false)
			     : SIZE_MAX;
	if (next != SIZE_MAX && next != path->here) {
		r = race_to_end(search, TUNING_ABLATION, &next, 1, KEPT, err);
		*ret_moved = r == 0 && go_on(path, &next, 1);
	}
	free(choices);
	free(knobs);
	free(ids);
	return r;
}

/* Where the leader is of another allocator, its settings mean nothing without that. */
static int begin(struct path *path, struct error *err)
{
	struct search *search = path->search;
	size_t chosen = space_chosen(search->space, search->items[path->leader].choices);
	size_t *choices = choices_here(path);

	space_choose(search->space, choices, chosen);
	if (chosen)
		path->here = candidates_add(search, choices, TUNING_ABLATION, "another allocator",
					    false);
	free(choices);
	if (!chosen || path->here == path->leader)
		return 0;
	size_t alone = path->here;
	int r = race_to_end(search, TUNING_ABLATION, &alone, 1, KEPT, err);
	/* Without a figure of it nothing can be held against it. */
	if (r == 0 && !search->items[path->here].blocks)
		path->here = path->leader;
	return r;
}

int path_run(struct search *search, size_t leader, size_t *ret_plain, struct error *err)
{
	struct path path = { search, leader, SIZE_MAX };
	bool moved = true;
	int r = begin(&path, err);

	while (r == 0 && moved && path.here != leader && race_runs_left(search) >= 2 &&
	       score_of(&path, path.here) - score_of(&path, leader) > race_worth(search)) {
		r = step(&path, &moved, err);
		if (r == 0 && !moved && is_gain(&path, leader, path.here))
			r = leap(&path, &moved, err);
	}
	*ret_plain = path.here;
	return r;
}
