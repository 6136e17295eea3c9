/* SPDX-License-Identifier: MIT */
#include "tune/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "tune/race.h"

/* Random combinations: this part of the seeds, and how many settings each changes. */
#define RANDOM_PART 3
#define RANDOM_KNOBS_MIN 2
#define RANDOM_KNOBS_MAX 4
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

/* All remedies of a symptom together: which of them it takes, the ablation tells. */
static void seed_remedies(struct search *search, size_t end, unsigned int symptoms,
			  const char *origin)
{
	size_t *choices = copy_choices(search, NULL);

	for (size_t i = 0; i < search->space->count; i++)
		choices[i] = drastic_choice(&search->space->knobs[i], symptoms);
	if (search->count < end)
		candidates_add(search, choices, TUNING_SEEDS, origin, true);
	free(choices);
}

/* Each setting alone, at its `nth` listed value from the last one on. */
static bool seed_singles(struct search *search, size_t end, size_t nth)
{
	bool any = false;

	for (size_t i = 0; i < search->space->count && search->count < end; i++) {
		const struct knob *knob = &search->space->knobs[i];
		size_t *choices = copy_choices(search, NULL);
		size_t left = nth + 1;

		for (size_t value = knob->count; value-- > 0 && left;)
			if (knob->listed[value] && --left == 0)
				choices[i] = value + 1;
		any = any || !left;
		candidates_add(search, choices, TUNING_SEEDS, "one setting", true);
		free(choices);
	}
	return any;
}

/* Whether the knob's choice alone was refused or failed. */
static bool is_hopeless(const struct search *search, size_t knob, size_t choice)
{
	for (size_t i = 0; i < search->count; i++) {
		const struct attempt *candidate = &search->items[i];
		size_t changed = 0;

		if (!candidate->rejected || candidate->choices[knob] != choice)
			continue;
		for (size_t k = 0; k < search->space->count; k++)
			changed += candidate->choices[k] != 0;
		if (changed == 1)
			return true;
	}
	return false;
}

/* Sets `count` settings to random values, the same one twice perhaps. */
static void change_at_random(struct search *search, size_t *choices, size_t count)
{
	const struct space *space = search->space;

	for (size_t i = 0; i < count; i++) {
		size_t knob = random_below(&search->random, space->count);
		size_t choice = 1 + random_below(&search->random, space->knobs[knob].count);

		if (!is_hopeless(search, knob, choice))
			choices[knob] = choice;
	}
}

static void seed_random(struct search *search)
{
	size_t *choices = copy_choices(search, NULL);

	change_at_random(search, choices,
			 RANDOM_KNOBS_MIN + random_below(&search->random,
							 RANDOM_KNOBS_MAX - RANDOM_KNOBS_MIN + 1));
	candidates_add(search, choices, TUNING_SEEDS, "at random", true);
	free(choices);
}

void candidates_seed(struct search *search, size_t max)
{
	size_t end = search->count + max;

	if (!search->space->count)
		return;
	seed_remedies(search, end, ~0u, "all remedies together");
	for (unsigned int symptom = 1; symptom; symptom <<= 1)
		seed_remedies(search, end, symptom, "the remedies of one symptom");
	seed_singles(search, end, 0);
	for (size_t i = 0; i < max / RANDOM_PART && search->count < end; i++)
		seed_random(search);
	for (size_t nth = 1; search->count < end && seed_singles(search, end, nth); nth++)
		;
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
			choices[i] = search->items[other].choices[i];
}

static size_t random_changed(struct search *search, const size_t *choices)
{
	size_t found = SIZE_MAX, seen = 0;

	for (size_t i = 0; i < search->space->count; i++)
		if (choices[i] && random_below(&search->random, ++seen) == 0)
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
		change_at_random(search, choices, 1 + random_below(&search->random, 2));
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
