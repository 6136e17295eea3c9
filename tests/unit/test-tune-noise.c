/* SPDX-License-Identifier: MIT */
/* The search where runs differ much, and few of many settings matter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "tune/race.h"
#include "tune/search.h"

#define SETTING(name)                                                         \
	{                                                                     \
		.key = name, .kind = SETTING_INT, .max = 100, .search = "1 2" \
	}
#define KNOBS 16

/* `fit` takes 0.37x the time and 0.4x the memory, `decay` 0.78x of that at 1.6x the memory; the others do nothing. */
static const struct setting_info items[KNOBS] = {
	SETTING("a"), SETTING("b"), SETTING("c"), SETTING("d"),     SETTING("e"), SETTING("f"),
	SETTING("g"), SETTING("h"), SETTING("i"), SETTING("fit"),   SETTING("k"), SETTING("l"),
	SETTING("m"), SETTING("n"), SETTING("o"), SETTING("decay"),
};
static const struct setting_group group = { "imagined", items, KNOBS };

struct world {
	struct space space;
	struct random noise;
	double runs, deviation;
	struct search *search;
};

static bool has(const struct world *world, const size_t *choices, const char *key)
{
	return choices && choices[space_find(&world->space, 0, key)] != 0;
}

static size_t count_of(const struct world *world, const size_t *choices)
{
	size_t count = 0;

	for (size_t i = 0; i < world->space.count; i++)
		count += choices[i] != 0;
	return count;
}

static double noise(struct world *world)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += random_unit(&world->noise);
	return world->deviation * sum;
}

static int admit(void *context, size_t id, const size_t *choices, char **ret_reason,
		 struct error *err)
{
	return 1;
}

static int block(void *context, enum tuning_stage stage, const size_t *ids, size_t count,
		 struct block_score *scores, struct error *err)
{
	struct world *world = context;
	double initial = noise(world);

	world->runs -= 1 + (double)count;
	for (size_t i = 0; i < count; i++) {
		const size_t *choices =
			ids[i] == SEARCH_TWIN ? NULL : world->search->items[ids[i]].choices;
		bool fit = has(world, choices, "fit"), decay = has(world, choices, "decay");

		scores[i].log_time = noise(world) - initial - (fit ? 1 : 0) - (decay ? 0.25 : 0);
		scores[i].log_memory = (fit ? log(0.4) : 0) + (decay ? log(1.6) : 0);
	}
	return 0;
}

static double runs_left(void *context)
{
	const struct world *world = context;

	return world->runs;
}

static void look(struct world *world, struct search *search, uint64_t seed)
{
	*world = (struct world){ .deviation = 0.17, .runs = 1000, .search = search };
	*search = (struct search){ .space = &world->space,
				   .host = { admit, block, runs_left, world },
				   .margin_pct = 5,
				   .seed = seed };
	random_init(&world->noise, seed + 1000);
	space_add(&world->space, "imagined", &group, NULL);
	assert_int_equal(search_run(search, NULL), 0);
	assert_true(world->runs >= 0);
}

static void done(struct world *world, struct search *search)
{
	search_release(search);
	space_release(&world->space);
}

/* Mixtures of half of the settings win a search; what they owe their place to is one or two of them. */
static void few_settings_are_kept_in_noise(void **state)
{
	enum { SEEDS = 10 };
	size_t settings = 0, plain = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world world;
		struct search search;

		look(&world, &search, seed);
		assert_int_not_equal(search.winner, SIZE_MAX);
		const size_t *choices = search.items[search.winner].choices;
		assert_true(has(&world, choices, "fit"));
		settings += count_of(&world, choices);
		/* One that can take the winner's place has few settings, and not all of the winner's. */
		for (size_t i = 1; i < search.finalist_count; i++)
			plain += count_of(&world, search.items[search.finalists[i]].choices) <= 4;
		done(&world, &search);
	}
	print_message("settings kept by %d seeds: %zu; plain finalists: %zu\n", SEEDS, settings,
		      plain);
	assert_true(settings <= 3 * SEEDS);
	assert_true(plain >= SEEDS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_settings_are_kept_in_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
