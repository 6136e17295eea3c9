/* SPDX-License-Identifier: MIT */
#include "tune/ablation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "stats/location.h"
#include "stats/spread.h"
#include "tune/candidates.h"
#include "tune/path.h"
#include "tune/race.h"

#define BLOCKS 8
#define ROUNDS_MAX 5 /* in each of which at least one setting goes */
#define GROUP_MAX 5  /* candidates beside the leader in one block */
#define CONFIDENCE 0.95
/* Parts of the runs: of the path to the few settings that matter, and at least of what each of them is worth. */
#define FEW_SETTINGS 4 /* are taken apart as they are */
#define PATH_PART 0.65
#define TAKE_APART_PART 0.3

/* The leader without one of its settings. */
struct removal {
	size_t knob;
	size_t id;           /* SIZE_MAX: that is the default itself */
	bool shared;         /* the removal of an earlier setting takes this one back as well */
	double logs[BLOCKS]; /* of time without the setting to time with it, by score */
	size_t count;
};

static double last_score(const struct search *search, size_t id)
{
	const struct attempt *candidate = &search->items[id];
	size_t last = candidate->blocks - 1;

	return tuning_score(search->preference, candidate->log_time[last],
			    candidate->log_memory[last]);
}

static bool is_run(const struct search *search, const struct removal *removal)
{
	return removal->id != SIZE_MAX && !removal->shared && !search->items[removal->id].rejected;
}

/* One block: the leader, and it without each of some settings. */
static int run_group(struct search *search, size_t leader, struct removal *removals, size_t count,
		     struct error *err)
{
	size_t ids[GROUP_MAX + 1] = { leader }, before[GROUP_MAX + 1], id_count = 1;

	for (size_t i = 0; i < count; i++)
		if (is_run(search, &removals[i]))
			ids[id_count++] = removals[i].id;
	for (size_t i = 0; i < id_count; i++)
		before[i] = search->items[ids[i]].blocks;
	int r = race_block(search, TUNING_ABLATION, ids, id_count, err);
	if (r < 0 || search->items[leader].blocks == before[0])
		return r;
	double with = last_score(search, leader);
	for (size_t i = 0, k = 1; i < count; i++) {
		struct removal *removal = &removals[i];

		if (removal->id == SIZE_MAX) {
			removal->logs[removal->count++] = -with;
		} else if (k < id_count && ids[k] == removal->id && !removal->shared) {
			if (search->items[ids[k]].blocks > before[k])
				removal->logs[removal->count++] =
					last_score(search, removal->id) - with;
			k++;
		}
	}
	return 0;
}

static int run_blocks(struct search *search, size_t leader, struct removal *removals, size_t count,
		      struct error *err)
{
	for (size_t block = 0; block < BLOCKS && race_runs_left(search) >= 3; block++) {
		for (size_t i = 0; i < count; i += GROUP_MAX) {
			size_t share = count - i < GROUP_MAX ? count - i : GROUP_MAX;
			int r = run_group(search, leader, removals + i, share, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void add_removal(struct search *search, size_t leader, size_t knob, struct removal *removals,
			size_t *count)
{
	struct removal removal = { .knob = knob, .id = candidates_without(search, leader, knob) };

	for (size_t i = 0; i < *count; i++)
		removal.shared =
			removal.shared || (removal.id != SIZE_MAX && removals[i].id == removal.id);
	removals[(*count)++] = removal;
}

/* Gives settings that are taken back together the same figures. */
static void share_logs(struct removal *removals, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++)
			if (removals[k].shared && removals[k].id == removals[i].id) {
				memcpy(removals[k].logs, removals[i].logs,
				       sizeof(removals[k].logs));
				removals[k].count = removals[i].count;
			}
}

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* Adds what a setting is worth to the account. */
static void add_knob(struct search *search, size_t leader, const struct removal *removal, bool kept)
{
	const struct knob *knob = &search->space->knobs[removal->knob];
	const struct location cost = location_of(removal->logs, removal->count, CONFIDENCE);
	const char *why = knob->info->why, *risk = knob->info->risk;

	*ARRAY_PUSH(search->knobs, search->knob_count, search->knob_alloc) = (struct tuning_knob){
		.key = xstrdup(knob->info->key),
		.value = xstrdup(knob->values[search->items[leader].choices[removal->knob] - 1]),
		.cost = exp(cost.estimate),
		.cost_low = exp(cost.low),
		.cost_high = exp(cost.high),
		.kept = kept,
		.why = copy_text(why),
		.risk = copy_text(risk),
	};
}

/* What a setting costs when it is taken back; a failed run without it costs everything. */
static double cost_of(const struct search *search, const struct removal *removal)
{
	if (removal->id != SIZE_MAX && search->items[removal->id].rejected)
		return INFINITY;
	return removal->count ? location_of(removal->logs, removal->count, CONFIDENCE).estimate
			      : INFINITY;
}

/*
 * Taking it back costs less than the margin, or nothing for certain: twice the error of its blocks, by the noise of the search or
 * their own spread. Fewer blocks than a few tell nothing, and the setting stays.
 */
static bool is_idle(const struct search *search, const struct removal *removal)
{
	double cost = cost_of(search, removal);

	if (isinf(cost) || removal->count < RACE_BLOCKS_SURE)
		return false;
	double deviation = fmax(search->noise, spread_of(removal->logs, removal->count).stddev);
	return cost < race_worth(search) || cost < 2 * deviation / sqrt((double)removal->count);
}

/* The leader without all settings that cost less than the margin when taken back. */
static size_t strip(struct search *search, size_t leader, const struct removal *removals,
		    size_t count)
{
	size_t *choices = xcalloc(search->space->count + 1, sizeof(*choices));
	size_t id;

	memcpy(choices, search->items[leader].choices, search->space->count * sizeof(*choices));
	for (size_t i = 0; i < count; i++)
		if (is_idle(search, &removals[i]))
			space_reset(search->space, choices, removals[i].knob);
	id = candidates_add(search, choices, TUNING_ABLATION,
			    "the best, its idle settings left out", false);
	free(choices);
	return id;
}

/* The leader without the one setting that costs least; SIZE_MAX: each costs more than the margin. */
static size_t strip_one(const struct search *search, const struct removal *removals, size_t count)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < count; i++)
		if (is_idle(search, &removals[i]) && removals[i].id != SIZE_MAX &&
		    (least == SIZE_MAX ||
		     cost_of(search, &removals[i]) < cost_of(search, &removals[least])))
			least = i;
	return least == SIZE_MAX ? SIZE_MAX : removals[least].id;
}

/* Whether `plain` is as good as the leader, in blocks of both. */
static int hold_against(struct search *search, size_t leader, size_t plain, bool *ret,
			struct error *err)
{
	struct removal removal = { .id = plain };
	int r = race_admit(search, removal.id, err);

	*ret = false;
	if (r < 0 || search->items[plain].rejected)
		return r;
	for (size_t block = 0; r == 0 && block < BLOCKS && race_runs_left(search) >= 3; block++)
		r = run_group(search, leader, &removal, 1, err);
	if (r == 0)
		*ret = removal.count >= RACE_BLOCKS_SURE &&
		       cost_of(search, &removal) < race_worth(search);
	return r;
}

static void clear_knobs(struct search *search)
{
	for (size_t i = 0; i < search->knob_count; i++)
		tuning_knob_release(&search->knobs[i]);
	search->knob_count = 0;
}

/*
 * Takes the leader apart once. *ret_next: the candidate without the settings that were idle, or without one of them
 * where they stand in for each other; the leader itself if none is.
 */
static int take_apart(struct search *search, size_t leader, size_t *ret_next, struct error *err)
{
	struct removal *removals = xcalloc(search->space->count + 1, sizeof(*removals));
	size_t count = 0;
	bool as_good = false;
	int r = 0;

	*ret_next = leader;
	for (size_t i = 0; i < search->space->count; i++)
		if (search->items[leader].choices[i])
			add_removal(search, leader, i, removals, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = race_admit(search, removals[i].id, err);
	if (r == 0)
		r = run_blocks(search, leader, removals, count, err);
	share_logs(removals, count);
	size_t plain = r == 0 ? strip(search, leader, removals, count) : leader;
	if (r == 0 && plain != SIZE_MAX && plain != leader)
		r = hold_against(search, leader, plain, &as_good, err);
	if (as_good) {
		*ret_next = plain;
	} else if (r == 0 && plain != leader) {
		plain = strip_one(search, removals, count);
		*ret_next = plain == SIZE_MAX ? leader : plain;
	}
	clear_knobs(search);
	for (size_t i = 0; r == 0 && i < count; i++) {
		bool kept = search->items[*ret_next].choices[removals[i].knob] != 0;

		add_knob(search, leader, &removals[i], kept);
	}
	free(removals);
	return r;
}

/* Whether each setting of the winner was taken back often enough to tell what it is worth. */
static bool is_taken_apart(struct search *search)
{
	for (size_t i = 0; i < search->space->count; i++) {
		if (!search->items[search->winner].choices[i])
			continue;
		size_t id = candidates_without(search, search->winner, i);

		if (id != SIZE_MAX && !search->items[id].rejected &&
		    search->items[id].blocks < RACE_BLOCKS_SURE)
			return false;
	}
	return true;
}

/* Not surely worse than the winner, by the noise of the search and the blocks of both. */
static bool is_as_good(const struct search *search, size_t id)
{
	double blocks = (double)search->items[id].blocks;
	double winners = (double)search->items[search->winner].blocks;

	return !search->items[id].rejected && blocks >= RACE_BLOCKS_SURE &&
	       race_score(search, id) < race_score(search, search->winner) +
						2 * search->noise * sqrt(1 / blocks + 1 / winners);
}

/* What taking a setting back costs where that is all that a candidate has: its own blocks tell. */
static struct removal removal_of_all(struct search *search, size_t id, size_t knob)
{
	struct removal removal = { .knob = knob, .id = candidates_without(search, id, knob) };
	const struct attempt *candidate = &search->items[id];

	for (size_t i = candidate->blocks;
	     removal.id == SIZE_MAX && i > 0 && removal.count < BLOCKS; i--)
		removal.logs[removal.count++] =
			-tuning_score(search->preference, candidate->log_time[i - 1],
				      candidate->log_memory[i - 1]);
	return removal;
}

/*
 * Where the runs ended before the winner was taken apart: the candidate of the fewest settings that is not surely worse takes
 * its place, as what a setting is worth that nobody took back is not known.
 */
static void take_plainest(struct search *search)
{
	size_t plainest = search->winner;

	if (is_taken_apart(search))
		return;
	for (size_t i = 0; i < search->count; i++) {
		size_t settings = candidates_settings(search, i),
		       least = candidates_settings(search, plainest);

		if (settings && is_as_good(search, i) &&
		    (settings < least || (settings == least && plainest != search->winner &&
					  race_score(search, i) < race_score(search, plainest))))
			plainest = i;
	}
	if (plainest == search->winner)
		return;
	search->winner = plainest;
	clear_knobs(search);
	for (size_t i = 0; i < search->space->count; i++) {
		if (!search->items[plainest].choices[i])
			continue;
		const struct removal removal = removal_of_all(search, plainest, i);

		add_knob(search, plainest, &removal, true);
	}
}

/* Whether the runs suffice to tell what the leader loses without each setting, to the margin, with half of them. */
static bool is_told_by_removal(const struct search *search, size_t leader)
{
	double settings = (double)candidates_settings(search, leader);
	double blocks = fmin(BLOCKS, race_runs_left(search) / 2 / (settings + 2));

	return settings <= FEW_SETTINGS ||
	       2 * search->noise / sqrt(fmax(blocks, 1)) <= race_worth(search);
}

/*
 * What is taken apart: the few settings that bring the leader's gain, unless the leader is surely better than they are; in noise the
 * leader's lead is luck in part.
 */
static int simplify(struct search *search, size_t *leader, struct error *err)
{
	double left = race_runs_left(search);
	size_t plain;
	bool as_good = false;

	if (is_told_by_removal(search, *leader))
		return 0;

	search->reserved = (1 - PATH_PART) * left;
	int r = path_run(search, *leader, &plain, err);
	search->reserved = 0;
	if (r < 0 || plain == SIZE_MAX || plain == *leader)
		return r;
	search->reserved = TAKE_APART_PART * left;
	r = hold_against(search, *leader, plain, &as_good, err);
	search->reserved = 0;
	if (as_good)
		*leader = plain;
	return r;
}

int ablation_run(struct search *search, size_t leader, struct error *err)
{
	int r = simplify(search, &leader, err);
	size_t next = leader;

	search->winner = SIZE_MAX;
	/* Idle settings may stand in for each other: without one of them the others may not be idle. */
	for (int i = 0; i < ROUNDS_MAX && r == 0 && next != search->winner &&
			(i == 0 || race_runs_left(search) >= 3);
	     i++) {
		search->winner = next;
		r = take_apart(search, search->winner, &next, err);
	}
	search->winner = next;
	if (r == 0)
		take_plainest(search);
	return r;
}
