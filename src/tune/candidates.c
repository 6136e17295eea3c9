/* SPDX-License-Identifier: MIT */
#include "tune/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "tune/race.h"

/* Tries for each move that is wanted, before it is taken that there are no new ones. */
#define TRIES 12

static size_t find(const struct search *search, const size_t *choices)
{
	for (size_t i = 0; i < search->count; i++)
		if (!memcmp(search->items[i].choices, choices,
			    search->space->count * sizeof(*choices)))
			return i;
	return SIZE_MAX;
}

static bool is_default(const struct search *search, const size_t *choices)
{
	for (size_t i = 0; i < search->space->count; i++)
		if (choices[i])
			return false;
	return true;
}

static size_t *copy_choices(const struct search *search, const size_t *choices)
{
	size_t *copy = xcalloc(search->space->count + 1, sizeof(*copy));

	if (choices)
		memcpy(copy, choices, search->space->count * sizeof(*copy));
	return copy;
}

size_t candidates_add(struct search *search, const size_t *choices, enum tuning_stage stage,
		      const char *origin, bool only_new)
{
	size_t *own = copy_choices(search, choices);

	space_repair(search->space, own, &search->random);
	size_t known = find(search, own);
	if (is_default(search, own) || known != SIZE_MAX) {
		free(own);
		return only_new ? SIZE_MAX : known;
	}
	*ARRAY_PUSH(search->items, search->count, search->alloc) =
		(struct attempt){ .choices = own, .stage = stage, .origin = origin };
	return search->count - 1;
}

size_t candidates_without(struct search *search, size_t id, size_t knob)
{
	size_t *choices = copy_choices(search, search->items[id].choices);

	space_reset(search->space, choices, knob);
	size_t plainer = candidates_add(search, choices, TUNING_ABLATION,
					"the best without one setting", false);
	free(choices);
	return plainer;
}

size_t candidates_settings(const struct search *search, size_t id)
{
	size_t count = 0;

	for (size_t i = 0; i < search->space->count; i++)
		count += search->items[id].choices[i] != 0;
	return count;
}

/* The last value that a remedy of one of the symptoms proposes; 0: none. */
static size_t drastic_choice(const struct knob *knob, unsigned int symptoms)
{
	for (const struct remedy *remedy = knob->info->remedies; remedy && remedy->symptoms;
	     remedy++) {
		const char *last = remedy->values ? strrchr(remedy->values, ' ') : NULL;
		const char *value = last ? last + 1 : remedy->values;

		if (!(remedy->symptoms & symptoms) || remedy->if_set || !value)
			continue;
		for (size_t i = 0; i < knob->count; i++)
			if (!strcmp(knob->values[i], value))
				return i + 1;
	}
	return 0;
}

static bool is_open(const struct search *search, size_t owner)
{
	return !search->closed || !search->closed[owner];
}

/* A setting of that allocator, which the choice among allocators is not. */
static bool is_setting_of(const struct search *search, size_t knob, size_t owner)
{
	return knob != search->space->chooser && search->space->knobs[knob].owner == owner;
}

/* All remedies of a symptom together: which of them it takes, the ablation tells. */
static void seed_remedies(struct search *search, size_t owner, size_t end, unsigned int symptoms,
			  const char *origin)
{
	size_t *choices = copy_choices(search, NULL);

	space_choose(search->space, choices, owner);
	for (size_t i = 0; i < search->space->count; i++)
		if (is_setting_of(search, i, owner))
			choices[i] = drastic_choice(&search->space->knobs[i], symptoms);
	if (search->count < end)
		candidates_add(search, choices, TUNING_SEEDS, origin, true);
	free(choices);
}

/* The same of each allocator that is open. */
static void seed_all_remedies(struct search *search, size_t end, unsigned int symptoms,
			      const char *origin)
{
	for (size_t owner = 0; owner < search->space->allocator_count; owner++)
		if (is_open(search, owner))
			seed_remedies(search, owner, end, symptoms, origin);
}

/* Each setting alone, at its `nth` listed value from the last one on. */
static bool seed_singles(struct search *search, size_t end, size_t nth)
{
	bool any = false;

	for (size_t i = 0; i < search->space->count && search->count < end; i++) {
		const struct knob *knob = &search->space->knobs[i];
		size_t *choices = copy_choices(search, NULL);
		size_t left = nth + 1;

		if (!is_setting_of(search, i, knob->owner) || !is_open(search, knob->owner)) {
			free(choices);
			continue;
		}
		space_choose(search->space, choices, knob->owner);
		for (size_t value = knob->count; value-- > 0 && left;)
			if (knob->listed[value] && --left == 0)
				choices[i] = value + 1;
		any = any || !left;
		candidates_add(search, choices, TUNING_SEEDS, "one setting", true);
		free(choices);
	}
	return any;
}

/* The candidate that has the knob's choice and nothing else; SIZE_MAX: it has not come up. */
static size_t find_single(const struct search *search, size_t knob, size_t choice)
{
	for (size_t i = 0; i < search->count; i++) {
		const struct attempt *candidate = &search->items[i];
		size_t changed = 0;

		if (candidate->choices[knob] != choice)
			continue;
		for (size_t k = 0; k < search->space->count; k++)
			changed += k != search->space->chooser && candidate->choices[k] != 0;
		if (changed == 1)
			return i;
	}
	return SIZE_MAX;
}

/* Whether the knob's choice alone was refused, failed, or was surely worse than the default. */
static bool is_hopeless(const struct search *search, size_t knob, size_t choice)
{
	size_t id = find_single(search, knob, choice);

	if (id == SIZE_MAX)
		return false;
	return search->items[id].rejected ||
	       (search->items[id].blocks && race_is_worse(search, id));
}

/* Any setting of the allocator that is chosen; SIZE_MAX: it has none. */
static size_t any_setting(struct search *search, const size_t *choices)
{
	size_t owner = space_chosen(search->space, choices), found = SIZE_MAX, seen = 0;

	for (size_t i = 0; i < search->space->count; i++)
		if (is_setting_of(search, i, owner) && random_below(&search->random, ++seen) == 0)
			found = i;
	return found;
}

void candidates_change(struct search *search, size_t *choices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t knob = any_setting(search, choices);

		if (knob == SIZE_MAX)
			return;
		size_t choice = 1 + random_below(&search->random, search->space->knobs[knob].count);
		if (!is_hopeless(search, knob, choice))
			space_set(search->space, choices, knob, choice);
	}
}

void candidates_choose(struct search *search, size_t *choices)
{
	size_t owner = 0, seen = 0;

	for (size_t i = 0; i < search->space->allocator_count; i++)
		if (is_open(search, i) && random_below(&search->random, ++seen) == 0)
			owner = i;
	space_choose(search->space, choices, owner);
}

/* Any value of a knob that alone was not worse than the default by the margin, or was not run; 0: none was found. */
static size_t harmless_value(struct search *search, size_t knob)
{
	for (int i = 0; i < TRIES; i++) {
		size_t choice = 1 + random_below(&search->random, search->space->knobs[knob].count);
		size_t id = find_single(search, knob, choice);

		if (id == SIZE_MAX || !search->items[id].blocks ||
		    race_score(search, id) < race_worth(search))
			return choice;
	}
	return 0;
}

void candidates_mix(struct search *search, const size_t *leaders, size_t leader_count, size_t max)
{
	size_t end = search->count + max;

	for (size_t i = 0; i < TRIES * max && search->count < end; i++) {
		size_t pick = random_below(&search->random, leader_count + 1);
		const size_t *base =
			pick < leader_count ? search->items[leaders[pick]].choices : NULL;
		size_t *choices = copy_choices(search, base);

		if (!base)
			candidates_choose(search, choices);
		size_t owner = space_chosen(search->space, choices);
		for (size_t knob = 0; knob < search->space->count; knob++)
			if (is_setting_of(search, knob, owner) && !choices[knob] &&
			    random_below(&search->random, 2))
				choices[knob] = harmless_value(search, knob);
		candidates_add(search, choices, TUNING_MOVES, "settings that do no harm alone",
			       true);
		free(choices);
	}
}

void candidates_seed_allocators(struct search *search, size_t max)
{
	size_t end = search->count + max;
	size_t *choices = copy_choices(search, NULL);

	for (size_t owner = 1; owner < search->space->allocator_count && search->count < end;
	     owner++) {
		space_choose(search->space, choices, owner);
		candidates_add(search, choices, TUNING_SEEDS, "another allocator", true);
	}
	free(choices);
	seed_all_remedies(search, end, ~0u, "all remedies together");
}

static void seed_proposals(struct search *search)
{
	size_t *choices = copy_choices(search, NULL);

	for (size_t i = 0; search->proposals && search->proposals[i]; i++) {
		space_parse(search->space, search->proposals[i], choices);
		size_t id =
			candidates_add(search, choices, TUNING_SEEDS, "explain's findings", false);
		if (id != SIZE_MAX)
			search->items[id].expected = true;
	}
	free(choices);
}

void candidates_seed(struct search *search, size_t max)
{
	size_t end = search->count + max;

	if (!search->space->count)
		return;
	seed_proposals(search);
	seed_all_remedies(search, end, ~0u, "all remedies together");
	for (unsigned int symptom = 1; symptom; symptom <<= 1)
		seed_all_remedies(search, end, symptom, "the remedies of one symptom");
	seed_singles(search, end, 0);
}

/* Any candidate that was better than the default, each with the same chance; SIZE_MAX: none. */
static size_t any_good(struct search *search)
{
	size_t good = SIZE_MAX, seen = 0;

	for (size_t i = 0; i < search->count; i++)
		if (race_score(search, i) < -race_worth(search) &&
		    random_below(&search->random, ++seen) == 0)
			good = i;
	return good;
}

static void unite(const struct search *search, size_t *choices, size_t other)
{
	for (size_t i = 0; i < search->space->count; i++)
		if (search->items[other].choices[i])
			space_set(search->space, choices, i, search->items[other].choices[i]);
}

static size_t random_changed(struct search *search, const size_t *choices)
{
	size_t found = SIZE_MAX, seen = 0;

	for (size_t i = 0; i < search->space->count; i++)
		if (i != search->space->chooser && choices[i] &&
		    random_below(&search->random, ++seen) == 0)
			found = i;
	return found;
}

/* One value up or down, or any other for a setting without an order. */
static void step(struct search *search, size_t *choices)
{
	size_t knob = random_changed(search, choices);
	size_t count = knob == SIZE_MAX ? 0 : search->space->knobs[knob].count;

	if (!count)
		return;
	if (search->space->knobs[knob].info->scale == SCALE_LISTED)
		choices[knob] = 1 + random_below(&search->random, count);
	else if (random_below(&search->random, 2) && choices[knob] < count)
		choices[knob]++;
	else if (choices[knob] > 1)
		choices[knob]--;
}

static const char *move(struct search *search, const size_t *leaders, size_t leader_count,
			size_t *choices)
{
	size_t other = leaders[random_below(&search->random, leader_count)];
	size_t good, knob;

	switch (random_below(&search->random, 5)) {
	case 0:
		unite(search, choices, other);
		return "two of the best together";
	case 1:
		good = any_good(search);
		if (good != SIZE_MAX)
			unite(search, choices, good);
		return "one of the best with another good one";
	case 2:
		knob = random_changed(search, choices);
		if (knob != SIZE_MAX)
			space_reset(search->space, choices, knob);
		return "one of the best without one of its settings";
	case 3:
		candidates_change(search, choices, 1 + random_below(&search->random, 2));
		return "one of the best with more settings";
	default:
		step(search, choices);
		return "one of the best, one step on";
	}
}

void candidates_move(struct search *search, const size_t *leaders, size_t leader_count, size_t max)
{
	size_t end = search->count + max;

	for (size_t i = 0; i < TRIES * max && search->count < end; i++) {
		size_t from = leaders[random_below(&search->random, leader_count)];
		size_t *choices = copy_choices(search, search->items[from].choices);
		const char *origin = move(search, leaders, leader_count, choices);

		candidates_add(search, choices, TUNING_MOVES, origin, true);
		free(choices);
	}
}

void candidates_vary(struct search *search, size_t from, size_t knob)
{
	const size_t *initial = from == SIZE_MAX ? NULL : search->items[from].choices;

	for (size_t value = 0; value <= search->space->knobs[knob].count; value++) {
		size_t *choices = copy_choices(search, initial);

		space_set(search->space, choices, knob, value);
		if (!value || !is_hopeless(search, knob, value))
			candidates_add(search, choices, TUNING_MOVES,
				       "the best with one setting changed", true);
		free(choices);
	}
}

void candidates_cross(struct search *search, size_t from, size_t max)
{
	size_t end = search->count + max;

	for (size_t i = 0; from != SIZE_MAX && i < TRIES * max && search->count < end; i++) {
		size_t *choices = copy_choices(search, search->items[from].choices);
		size_t good = any_good(search);

		if (good != SIZE_MAX)
			unite(search, choices, good);
		candidates_add(search, choices, TUNING_MOVES, "two good ones together", true);
		free(choices);
	}
}
