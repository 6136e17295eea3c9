/* SPDX-License-Identifier: MIT */
/* The search for settings, on programs whose response to settings is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "tune/race.h"
#include "tune/search.h"

#define SETTING(name, ...)                               \
	{                                                \
		.key = name, .max = 1000000, __VA_ARGS__ \
	}

/* `size` halves the time from 4096 on, `first` and `second` take a third together, `memory` costs
 * memory and brings nothing, `hang` fails; the others do nothing. */
static const struct setting_info items[] = {
	SETTING("size", .kind = SETTING_INT, .search = "64 65536", .scale = SCALE_POWERS),
	SETTING("first", .kind = SETTING_INT, .search = "1 2 3", .scale = SCALE_STEPS),
	SETTING("second", .kind = SETTING_CHOICE, .choices = "on off", .search = "on"),
	SETTING("memory", .kind = SETTING_INT, .search = "10 1000", .scale = SCALE_POWERS),
	SETTING("hang", .kind = SETTING_INT, .search = "1", .scale = SCALE_LISTED),
	SETTING("idle", .kind = SETTING_INT, .search = "1 2 4", .scale = SCALE_STEPS),
	SETTING("lazy", .kind = SETTING_INT, .search = "1 2 4", .scale = SCALE_STEPS,
		.with = "idle"),
	SETTING("refused", .kind = SETTING_INT, .search = "5", .scale = SCALE_LISTED),
};
static const struct setting_group group = { "imagined", items, sizeof(items) / sizeof(items[0]) };

struct world {
	struct space space;
	struct random noise;
	double deviation;
	bool responds; /* false: no setting changes anything */
	bool ends;     /* no run is left once those that were kept for the ablation are free */
	double runs;
	struct search *search;
};

static double value_of(const struct world *world, const size_t *choices, const char *key)
{
	size_t knob = space_find(&world->space, 0, key);

	return choices[knob] ? atof(world->space.knobs[knob].values[choices[knob] - 1]) : 0;
}

static bool is_set(const struct world *world, const size_t *choices, const char *key)
{
	return choices[space_find(&world->space, 0, key)] != 0;
}

static double gaussian(struct random *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += random_unit(random);
	return sum;
}

static double log_time(struct world *world, const size_t *choices)
{
	double log_time = world->deviation * gaussian(&world->noise);

	if (!choices || !world->responds)
		return log_time;
	if (value_of(world, choices, "size") >= 4096)
		log_time += log(0.5);
	if (value_of(world, choices, "first") >= 2 && is_set(world, choices, "second"))
		log_time += log(0.67);
	return log_time;
}

static double log_memory(const struct world *world, const size_t *choices)
{
	return choices && is_set(world, choices, "memory") ? log(3) : 0;
}

static int admit(void *context, size_t id, const size_t *choices, char **ret_reason,
		 struct error *err)
{
	struct world *world = context;

	if (!is_set(world, choices, "refused"))
		return 1;
	*ret_reason = xstrdup("refused is unknown");
	return 0;
}

static int block(void *context, enum tuning_stage stage, const size_t *ids, size_t count,
		 struct block_score *scores, struct error *err)
{
	struct world *world = context;
	double initial = log_time(world, NULL);

	world->runs -= 1 + (double)count;
	for (size_t i = 0; i < count; i++) {
		const size_t *choices =
			ids[i] == SEARCH_TWIN ? NULL : world->search->items[ids[i]].choices;

		if (choices && is_set(world, choices, "hang")) {
			scores[i].failure = xstrdup("it took more than 5 times as long");
			continue;
		}
		scores[i].log_time = log_time(world, choices) - initial;
		scores[i].log_memory = log_memory(world, choices);
	}
	return 0;
}

static double runs_left(void *context)
{
	const struct world *world = context;

	return world->ends && world->search->count && !world->search->reserved ? 0 : world->runs;
}

static void look_as(enum search_kind kind, struct world *world, struct search *search,
		    uint64_t seed, double deviation, bool responds)
{
	*world = (struct world){
		.deviation = deviation, .responds = responds, .runs = 500, .search = search
	};
	random_init(&world->noise, seed + 1000);
	space_add(&world->space, "imagined", &group, NULL);
	*search = (struct search){
		.space = &world->space,
		.kind = kind,
		.host = { admit, block, runs_left, world },
		.margin_pct = 5,
		.seed = seed,
	};
	assert_int_equal(search_run(search, NULL), 0);
}

static void look(struct world *world, struct search *search, uint64_t seed, double deviation,
		 bool responds)
{
	look_as(SEARCH_FULL, world, search, seed, deviation, responds);
}

static void done(struct world *world, struct search *search)
{
	search_release(search);
	space_release(&world->space);
}

/* `first` and `second` help together alone, and are one pair of 28: a search of this length may miss them. */
static void finds_what_helps_and_nothing_else(void **state)
{
	size_t pairs = 0, idle = 0;

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct world world;
		struct search search;

		look(&world, &search, seed, 0.05, true);
		assert_int_not_equal(search.winner, SIZE_MAX);
		const size_t *choices = search.items[search.winner].choices;
		assert_true(value_of(&world, choices, "size") >= 4096);
		pairs += value_of(&world, choices, "first") >= 2 &&
			 is_set(&world, choices, "second");
		assert_false(is_set(&world, choices, "memory"));
		idle += is_set(&world, choices, "idle");
		assert_int_equal(search.finalists[0], search.winner);
		done(&world, &search);
	}
	assert_true(pairs >= 6);
	assert_true(idle <= 2);
}

static size_t kept_knobs(const struct search *search)
{
	size_t kept = 0;

	for (size_t i = 0; i < search->knob_count; i++)
		kept += search->knobs[i].kept;
	return kept;
}

static void each_kept_setting_has_its_price(void **state)
{
	struct world world;
	struct search search;
	uint64_t seed = 1;

	/* Until a search has found all three. */
	look(&world, &search, seed, 0.03, true);
	while (kept_knobs(&search) != 3 && seed < 20) {
		done(&world, &search);
		look(&world, &search, ++seed, 0.03, true);
	}
	assert_int_equal(kept_knobs(&search), 3);
	for (size_t i = 0; i < search.knob_count; i++) {
		const struct tuning_knob *knob = &search.knobs[i];

		if (!knob->kept)
			continue;
		assert_true(knob->cost_low <= knob->cost && knob->cost <= knob->cost_high);
		assert_true(fabs(knob->cost - (!strcmp(knob->key, "size") ? 2 : 1.5)) < 0.2);
	}
	done(&world, &search);
}

/* A machine that got slower leaves no run to take the winner apart: what nobody took back is not set for nothing. */
static void the_plainest_wins_where_none_was_taken_apart(void **state)
{
	size_t idle = 0, total = 0;

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct search search = { .host = { admit, block, runs_left, NULL },
					 .margin_pct = 5,
					 .seed = seed };
		struct world world = { .deviation = 0.1,
				       .responds = true,
				       .runs = 300,
				       .ends = true,
				       .search = &search };

		search.host.context = &world;
		search.space = &world.space;
		random_init(&world.noise, seed);
		space_add(&world.space, "imagined", &group, NULL);
		assert_int_equal(search_run(&search, NULL), 0);
		assert_int_not_equal(search.winner, SIZE_MAX);
		const size_t *choices = search.items[search.winner].choices;
		assert_true(value_of(&world, choices, "size") >= 4096);
		idle += is_set(&world, choices, "idle") + is_set(&world, choices, "memory");
		size_t settings = 0;
		for (size_t i = 0; i < world.space.count; i++)
			settings += choices[i] != 0;
		assert_int_equal(kept_knobs(&search), settings);
		total += settings;
		done(&world, &search);
	}
	/* Where the best of each is taken as it is, these are 9 and 34. */
	assert_true(idle <= 6);
	assert_true(total <= 28);
}

static void what_is_refused_or_fails_never_wins(void **state)
{
	struct world world;
	struct search search;
	size_t failed = 0, refused = 0;

	look(&world, &search, 5, 0.05, true);
	for (size_t i = 0; i < search.count; i++) {
		const struct attempt *candidate = &search.items[i];

		failed += candidate->rejected && strstr(candidate->rejected, "5 times");
		refused += candidate->rejected && strstr(candidate->rejected, "unknown");
		if (is_set(&world, candidate->choices, "refused"))
			assert_int_equal(candidate->blocks, 0);
	}
	assert_true(failed > 0);
	assert_true(refused > 0);
	assert_null(search.items[search.winner].rejected);
	done(&world, &search);
}

/* The confirmation takes back most of what luck put in front; here a winner has to be small at least. */
static void finds_little_where_there_is_nothing(void **state)
{
	size_t winners = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world world;
		struct search search;

		look(&world, &search, seed, 0.05, false);
		if (search.winner != SIZE_MAX) {
			winners++;
			assert_true(candidate_log_time(&search.items[search.winner]) > log(0.85));
		}
		done(&world, &search);
	}
	assert_true(winners <= 10);
}

static void the_seed_repeats_it(void **state)
{
	struct world one, two;
	struct search first, second;

	look(&one, &first, 7, 0.05, true);
	look(&two, &second, 7, 0.05, true);
	assert_int_equal(first.count, second.count);
	assert_int_equal(first.winner, second.winner);
	assert_memory_equal(first.items[first.winner].choices, second.items[second.winner].choices,
			    one.space.count * sizeof(size_t));
	done(&one, &first);
	done(&two, &second);
}

/* What the winner's choices bring, without noise: log ratio of time, and how many settings do nothing for it. */
static double true_gain(struct world *world, const struct search *search, size_t *ret_idle)
{
	if (search->winner == SIZE_MAX)
		return 0;
	const size_t *choices = search->items[search->winner].choices;
	double deviation = world->deviation;
	world->deviation = 0;
	double gain = log_time(world, choices);
	world->deviation = deviation;
	for (size_t i = 0; i < world->space.count; i++)
		*ret_idle += choices[i] && strcmp(world->space.knobs[i].info->key, "size") != 0 &&
			     strcmp(world->space.knobs[i].info->key, "first") != 0 &&
			     strcmp(world->space.knobs[i].info->key, "second") != 0;
	return gain;
}

static void is_not_behind_plainer_searches(void **state)
{
	enum { SEEDS = 100 };
	double gains[3] = { 0 };
	size_t idle[3] = { 0 };

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		for (int kind = SEARCH_FULL; kind <= SEARCH_ONE_BY_ONE; kind++) {
			struct world world;
			struct search search;

			look_as((enum search_kind)kind, &world, &search, seed, 0.05, true);
			gains[kind] += true_gain(&world, &search, &idle[kind]);
			done(&world, &search);
		}
	}
	print_message(
		"log gain of %d seeds: full %.2f, random %.2f, one by one %.2f; settings that do "
		"nothing: %zu, %zu, %zu\n",
		SEEDS, gains[0], gains[1], gains[2], idle[0], idle[1], idle[2]);
	/* Each of them finds something: `size` alone halves the time. */
	for (int kind = SEARCH_FULL; kind <= SEARCH_ONE_BY_ONE; kind++)
		assert_true(gains[kind] < 0.8 * SEEDS * log(0.5));
	/* Within 2% a seed of either in time, and alone with fewer settings that do nothing. */
	assert_true(gains[SEARCH_FULL] <= gains[SEARCH_RANDOM] + 0.02 * SEEDS);
	assert_true(gains[SEARCH_FULL] <= gains[SEARCH_ONE_BY_ONE] + 0.02 * SEEDS);
	assert_true(idle[SEARCH_FULL] < idle[SEARCH_RANDOM]);
	assert_true(idle[SEARCH_FULL] < idle[SEARCH_ONE_BY_ONE]);
}

static void a_small_budget_is_kept(void **state)
{
	struct world world = { .deviation = 0.05, .responds = true, .runs = 40 };
	struct search search = { .space = &world.space,
				 .host = { admit, block, runs_left, &world },
				 .margin_pct = 5,
				 .seed = 1 };

	world.search = &search;
	random_init(&world.noise, 1);
	space_add(&world.space, "imagined", &group, NULL);
	assert_int_equal(search_run(&search, NULL), 0);
	assert_true(world.runs >= 0);
	done(&world, &search);
}

/* Three allocators beside the default's: `other` takes 0.6x by itself and 0.3x with its setting, the rest are worse. */
static const struct setting_info other_items[] = {
	SETTING("size", .kind = SETTING_INT, .search = "1 2", .scale = SCALE_STEPS),
	SETTING("knob", .kind = SETTING_INT, .search = "1 2 3", .scale = SCALE_STEPS),
};
static const struct setting_group other_group = { "other", other_items, 2 };

static int block_of_many(void *context, enum tuning_stage stage, const size_t *ids, size_t count,
			 struct block_score *scores, struct error *err)
{
	struct world *world = context;
	static const double alone[] = { 0, 0.5, -0.51, 0.9 };
	double initial = world->deviation * gaussian(&world->noise);

	world->runs -= 1 + (double)count;
	for (size_t i = 0; i < count; i++) {
		double log_time = world->deviation * gaussian(&world->noise);
		const size_t *choices =
			ids[i] == SEARCH_TWIN ? NULL : world->search->items[ids[i]].choices;
		size_t chosen = choices ? space_chosen(&world->space, choices) : 0;

		log_time += alone[chosen];
		if (chosen == 2 && choices[space_find(&world->space, 2, "knob")] >= 2)
			log_time += log(0.5);
		/* A setting of an allocator that is not chosen would be a candidate without meaning. */
		for (size_t k = 0; choices && k < world->space.count; k++)
			assert_true(k == world->space.chooser || !choices[k] ||
				    world->space.knobs[k].owner == chosen);
		scores[i].log_time = log_time - initial;
	}
	return 0;
}

static int admit_each(void *context, size_t id, const size_t *choices, char **ret_reason,
		      struct error *err)
{
	return 1;
}

static void finds_another_allocator_and_its_setting(void **state)
{
	size_t found = 0;

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct world world = { .deviation = 0.05, .runs = 400 };
		struct search search = { .space = &world.space,
					 .host = { admit_each, block_of_many, runs_left, &world },
					 .margin_pct = 5,
					 .seed = seed };

		world.search = &search;
		random_init(&world.noise, seed + 1000);
		space_add(&world.space, "imagined", &group, NULL);
		space_add(&world.space, "slow", &other_group, NULL);
		space_add(&world.space, "other", &other_group, NULL);
		space_add(&world.space, "without settings", NULL, NULL);
		assert_int_equal(search_run(&search, NULL), 0);
		assert_true(world.runs >= 0);
		assert_true(search.closed[1] && !search.closed[2] && search.closed[3]);
		assert_int_not_equal(search.winner, SIZE_MAX);
		const size_t *choices = search.items[search.winner].choices;
		assert_int_equal(space_chosen(&world.space, choices), 2);
		found += choices[space_find(&world.space, 2, "knob")] >= 2 &&
			 !choices[space_find(&world.space, 2, "size")];
		/* What the choice itself is worth is said too. */
		bool said = false;
		for (size_t i = 0; i < search.knob_count; i++)
			said = said ||
			       (!strcmp(search.knobs[i].key, "allocator") &&
				!strcmp(search.knobs[i].value, "other") && search.knobs[i].kept);
		assert_true(said);
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
		space_describe(&world.space, choices, &sb);
		assert_non_null(strstr(sb.buf, "other: "));
		done(&world, &search);
	}
	assert_true(found >= 9);
}

static void the_space_has_what_the_catalogue_names(void **state)
{
	struct space space = { 0 };
	struct random random;
	size_t choices[sizeof(items) / sizeof(items[0])] = { 0 };

	random_init(&random, 1);
	space_add(&space, "imagined", &group, NULL);
	assert_int_equal(space.count, 8);
	const struct knob *size = &space.knobs[space_find(&space, 0, "size")];
	assert_string_equal(size->values[0], "64");
	assert_string_equal(size->values[1], "256");
	assert_string_equal(size->values[size->count - 1], "65536");
	assert_true(size->listed[0] && !size->listed[1]);

	choices[space_find(&space, 0, "lazy")] = 1;
	space_repair(&space, choices, &random);
	assert_true(choices[space_find(&space, 0, "idle")] > 0);
	space_reset(&space, choices, space_find(&space, 0, "idle"));
	assert_int_equal(choices[space_find(&space, 0, "lazy")], 0);
	space_release(&space);
}

/* `max` has an older name, `lg_max`, and neither does anything without `cache`; `arenas` is nobody's beside `percpu`. */
static const struct setting_info bound_items[] = {
	SETTING("max", .kind = SETTING_SIZE, .search = "1K 4K", .elsewhere = "lg_max", .since = "5",
		.not_beside = "cache=off"),
	SETTING("lg_max", .kind = SETTING_INT, .search = "10 12", .not_beside = "cache=off"),
	SETTING("cache", .kind = SETTING_CHOICE, .choices = "on off full", .search = "off full"),
	SETTING("arenas", .kind = SETTING_INT, .search = "1 2", .not_beside = "percpu other"),
	SETTING("percpu", .kind = SETTING_CHOICE, .choices = "cpu core", .search = "cpu core"),
};
static const struct setting_group bound_group = { "bound", bound_items, 5 };

static void what_cannot_stand_together_never_does(void **state)
{
	struct space space = { 0 }, old = { 0 };
	struct random random;
	size_t choices[5] = { 0 };

	random_init(&random, 1);
	space_add(&old, "bound", &bound_group, "4.5");
	assert_int_equal(space_find(&old, 0, "max"), SIZE_MAX);
	assert_int_not_equal(space_find(&old, 0, "lg_max"), SIZE_MAX);
	space_release(&old);

	space_add(&space, "bound", &bound_group, "5.1");
	size_t max = space_find(&space, 0, "max"), cache = space_find(&space, 0, "cache");
	size_t arenas = space_find(&space, 0, "arenas"), percpu = space_find(&space, 0, "percpu");
	assert_int_equal(space_find(&space, 0, "lg_max"), SIZE_MAX);

	/* What is set last stays. */
	space_set(&space, choices, arenas, 1);
	space_set(&space, choices, percpu, 2);
	assert_int_equal(choices[arenas], 0);
	space_set(&space, choices, arenas, 2);
	assert_int_equal(choices[percpu], 0);
	/* One value of a setting alone. */
	space_set(&space, choices, cache, 2);
	space_set(&space, choices, max, 1);
	assert_int_equal(choices[cache], 2);
	space_set(&space, choices, cache, 1);
	assert_int_equal(choices[max], 0);

	choices[max] = choices[percpu] = 1;
	space_repair(&space, choices, &random);
	assert_int_equal(choices[max], 0);
	assert_int_equal(choices[cache], 1);
	assert_int_equal(choices[arenas], 0);
	assert_int_equal(choices[percpu], 1);
	space_release(&space);
}

/* A value that the catalogue lacks is proposed; it stands in the space, and is the first that is tried. */
static void what_is_proposed_comes_first(void **state)
{
	static const char *const proposals[] = { "size=5000, first=2", NULL };
	struct world world = { .deviation = 0.05, .responds = true, .runs = 100 };
	struct search search = { .space = &world.space,
				 .host = { admit, block, runs_left, &world },
				 .margin_pct = 5,
				 .seed = 1,
				 .proposals = proposals };

	world.search = &search;
	random_init(&world.noise, 1);
	space_add(&world.space, "imagined", &group, NULL);
	assert_true(space_widen(&world.space, proposals[0]));
	assert_false(space_widen(&world.space, "size=7, unknown=1"));
	assert_false(space_widen(&world.space, "nonsense"));
	assert_int_equal(search_run(&search, NULL), 0);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	space_describe(&world.space, search.items[0].choices, &sb);
	assert_string_equal(sb.buf, proposals[0]);
	assert_string_equal(search.items[0].origin, "explain's findings");
	done(&world, &search);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_helps_and_nothing_else),
		cmocka_unit_test(each_kept_setting_has_its_price),
		cmocka_unit_test(the_plainest_wins_where_none_was_taken_apart),
		cmocka_unit_test(what_is_refused_or_fails_never_wins),
		cmocka_unit_test(finds_little_where_there_is_nothing),
		cmocka_unit_test(the_seed_repeats_it),
		cmocka_unit_test(is_not_behind_plainer_searches),
		cmocka_unit_test(a_small_budget_is_kept),
		cmocka_unit_test(finds_another_allocator_and_its_setting),
		cmocka_unit_test(what_is_proposed_comes_first),
		cmocka_unit_test(the_space_has_what_the_catalogue_names),
		cmocka_unit_test(what_cannot_stand_together_never_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
