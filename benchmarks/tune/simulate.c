/* SPDX-License-Identifier: MIT */
/*
 * Is the search of `madvisor tune` ahead of plainer ones, where the response to each setting is known? Programs with an
 * imagined allocator, their runs normal noise around what their settings make of them. Of each search: the true score of its
 * best (three blocks or more) at a quarter and at half of the runs, of what it ends with, and how many settings of that
 * do nothing. Prints Markdown. Seeded. From the repository's root, after `make`:
 *
 *   cc -O2 -D_GNU_SOURCE -Isrc benchmarks/tune/simulate.c build/src/tune/libtune.a build/src/model/libmodel.a \
 *      build/src/stats/libstats.a build/src/base/libbase.a -ljansson -lm -o /tmp/simulate && /tmp/simulate 10 500
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/random.h"
#include "base/xalloc.h"
#include "tune/race.h"
#include "tune/search.h"

#define EFFECTS_MAX 12
#define DEVIATION 0.07

/* A setting from a value on, together with another one if `with` is given. */
struct effect {
	const char *key;
	double from;
	const char *with;
	double with_from;
	double log_time, log_memory;
};

struct imagined {
	const char *name;
	struct setting_group group;
	struct effect effects[EFFECTS_MAX];
	const char *fails; /* with this setting a run fails; NULL: none */
};

#define SETTING(name, values, steps)                                                  \
	{                                                                             \
		.key = name, .max = INT64_MAX, .kind = SETTING_INT, .search = values, \
		.scale = steps                                                        \
	}

static const struct setting_info pair_items[] = {
	SETTING("size", "64 65536", SCALE_POWERS), SETTING("first", "1 2 3", SCALE_STEPS),
	SETTING("second", "1", SCALE_LISTED),      SETTING("memory", "10 1000", SCALE_POWERS),
	SETTING("hang", "1", SCALE_LISTED),        SETTING("idle1", "1 2 4", SCALE_STEPS),
	SETTING("idle2", "1 2 4", SCALE_STEPS),    SETTING("idle3", "5", SCALE_LISTED),
};
/* After glibc: both thresholds or neither; megabytes. */
static const struct setting_info thresholds_items[] = {
	SETTING("trim", "1 64 1024", SCALE_POWERS), SETTING("mmap", "1 64 1024", SCALE_POWERS),
	SETTING("top_pad", "1 64", SCALE_POWERS),   SETTING("mmap_max", "1", SCALE_LISTED),
	SETTING("arenas", "1 2 4", SCALE_STEPS),    SETTING("tcache_count", "7 1000", SCALE_POWERS),
	SETTING("hugetlb", "1", SCALE_LISTED),
};
/* After jemalloc: one of many brings most, another one some at a price, many do harm. */
static const struct setting_info one_items[] = {
	SETTING("fit", "4 8 10 16", SCALE_STEPS),
	SETTING("decay", "1 1000 30000", SCALE_POWERS),
	SETTING("muzzy", "1 1000 30000", SCALE_POWERS),
	SETTING("tcache_max", "1 64 4096", SCALE_POWERS),
	SETTING("slots", "20 200", SCALE_POWERS),
	SETTING("mul", "1 4", SCALE_STEPS),
	SETTING("narenas", "1 2 8", SCALE_STEPS),
	SETTING("percpu", "1 2", SCALE_LISTED),
	SETTING("oversize", "1 1024", SCALE_POWERS),
	SETTING("retain", "1", SCALE_LISTED),
	SETTING("thp", "1 2", SCALE_LISTED),
	SETTING("background", "1", SCALE_LISTED),
};
/* Many that bring a little each. */
static const struct setting_info small_items[] = {
	SETTING("a", "1 2 3", SCALE_STEPS), SETTING("b", "1 2 3", SCALE_STEPS),
	SETTING("c", "1 2 3", SCALE_STEPS), SETTING("d", "1 2 3", SCALE_STEPS),
	SETTING("e", "1 2 3", SCALE_STEPS), SETTING("f", "1 2 3", SCALE_STEPS),
	SETTING("g", "1 2 3", SCALE_STEPS), SETTING("h", "1 2 3", SCALE_STEPS),
};

static const struct imagined programs[] = {
	{ "one setting, and a pair that helps together alone",
	  { "pair", pair_items, ARRAY_SIZE(pair_items) },
	  { { "size", 4096, NULL, 0, -0.69, 0 },
	    { "first", 2, "second", 1, -0.40, 0 },
	    { "memory", 1, NULL, 0, 0, 1.1 } },
	  "hang" },
	{ "two thresholds together, huge pages",
	  { "thresholds", thresholds_items, ARRAY_SIZE(thresholds_items) },
	  { { "trim", 256, "mmap", 64, -1.0, 0.05 },
	    { "mmap", 64, NULL, 0, 0.05, 0 },
	    { "hugetlb", 1, NULL, 0, -0.20, 0.05 },
	    { "arenas", 1, NULL, 0, 0.30, -0.05 },
	    { "tcache_count", 400, NULL, 0, -0.10, 0.02 },
	    { "mmap_max", 1, NULL, 0, -0.30, 0.30 },
	    { "top_pad", 16, NULL, 0, -0.05, 0.25 } },
	  NULL },
	{ "one of twelve, others that do harm or cost memory",
	  { "one", one_items, ARRAY_SIZE(one_items) },
	  { { "fit", 8, NULL, 0, -1.10, -0.50 },
	    { "decay", 30000, NULL, 0, -0.35, 0.90 },
	    { "decay", 1, NULL, 0, 0.10, -0.10 },
	    { "tcache_max", 1024, NULL, 0, -0.12, 0.10 },
	    { "retain", 1, NULL, 0, 1.0, 0 },
	    { "narenas", 1, NULL, 0, 0.20, -0.05 },
	    { "thp", 2, NULL, 0, 0.15, 0.20 },
	    { "percpu", 1, NULL, 0, 0.10, 0 },
	    { "background", 1, NULL, 0, 0.04, -0.02 } },
	  NULL },
	{ "four of eight, 7% each",
	  { "small", small_items, ARRAY_SIZE(small_items) },
	  { { "a", 2, NULL, 0, -0.07, 0 },
	    { "b", 3, NULL, 0, -0.07, 0 },
	    { "c", 2, NULL, 0, -0.07, 0 },
	    { "d", 1, NULL, 0, -0.07, 0 },
	    { "e", 2, NULL, 0, 0.07, 0 },
	    { "f", 1, NULL, 0, 0.07, 0 } },
	  NULL },
};

struct world {
	const struct imagined *program;
	struct space space;
	struct random noise;
	struct search *search;
	double runs, all;
	double at[2]; /* the best at a quarter and at half */
};

static double value_of(const struct world *world, const size_t *choices, const char *key)
{
	size_t knob = space_find(&world->space, 0, key);

	return choices[knob] ? atof(world->space.knobs[knob].values[choices[knob] - 1]) : 0;
}

static double gaussian(struct random *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += random_unit(random);
	return sum;
}

static bool acts(const struct world *world, const struct effect *effect, const size_t *choices)
{
	return value_of(world, choices, effect->key) >= effect->from &&
	       (!effect->with || value_of(world, choices, effect->with) >= effect->with_from);
}

/* The truth. */
static void effects_of(const struct world *world, const size_t *choices, double *ret_time,
		       double *ret_memory)
{
	*ret_time = *ret_memory = 0;
	for (size_t i = 0; choices && i < EFFECTS_MAX && world->program->effects[i].key; i++)
		if (acts(world, &world->program->effects[i], choices)) {
			*ret_time += world->program->effects[i].log_time;
			*ret_memory += world->program->effects[i].log_memory;
		}
}

static double true_score(const struct world *world, size_t id)
{
	double log_time, log_memory;

	if (id == SIZE_MAX)
		return 0;
	effects_of(world, world->search->items[id].choices, &log_time, &log_memory);
	return tuning_score(PREFER_BALANCED, log_time, log_memory);
}

static size_t best_now(const struct world *world)
{
	const struct search *search = world->search;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < search->count; i++)
		if (search->items[i].blocks >= RACE_BLOCKS_SURE &&
		    race_score(search, i) < (best == SIZE_MAX ? 0 : race_score(search, best)))
			best = i;
	return best;
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
	double initial = DEVIATION * gaussian(&world->noise);
	double before = world->runs;

	world->runs -= 1 + (double)count;
	for (int i = 0; i < 2; i++) {
		double mark = world->all * (i ? 0.5 : 0.75);

		if (before > mark && world->runs <= mark)
			world->at[i] = true_score(world, best_now(world));
	}
	for (size_t i = 0; i < count; i++) {
		const size_t *choices =
			ids[i] == SEARCH_TWIN ? NULL : world->search->items[ids[i]].choices;

		if (choices && world->program->fails &&
		    value_of(world, choices, world->program->fails) > 0) {
			scores[i].failure = xstrdup("it failed");
			continue;
		}
		effects_of(world, choices, &scores[i].log_time, &scores[i].log_memory);
		scores[i].log_time += DEVIATION * gaussian(&world->noise) - initial;
	}
	return 0;
}

static double runs_left(void *context)
{
	const struct world *world = context;

	return fmax(world->runs, 0);
}

static size_t idle_settings(const struct world *world)
{
	const struct search *search = world->search;
	size_t idle = 0;

	for (size_t i = 0; search->winner != SIZE_MAX && i < world->space.count; i++) {
		size_t *choices = search->items[search->winner].choices, kept = choices[i];
		double with = true_score(world, search->winner);

		if (!kept)
			continue;
		choices[i] = 0;
		idle += true_score(world, search->winner) <= with + 1e-9;
		choices[i] = kept;
	}
	return idle;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "full", "random", "one-by-one" };
	unsigned int seeds = argc > 1 ? (unsigned int)atoi(argv[1]) : 10;
	double runs = argc > 2 ? atof(argv[2]) : 500;

	for (size_t p = 0; p < ARRAY_SIZE(programs); p++) {
		printf("## %s\n\n| search | 1/4 | 1/2 | end | idle settings | runs |\n|---|---|---|---|---|---|\n",
		       programs[p].name);
		for (int kind = SEARCH_FULL; kind <= SEARCH_ONE_BY_ONE; kind++) {
			double quarter = 0, half = 0, end = 0, used = 0;
			size_t idle = 0;

			for (uint64_t seed = 1; seed <= seeds; seed++) {
				struct search search = { 0 };
				struct world world = { .program = &programs[p],
						       .runs = runs,
						       .all = runs,
						       .search = &search };

				random_init(&world.noise, seed + 1000);
				space_add(&world.space, "imagined", &programs[p].group, NULL);
				search.space = &world.space;
				search.kind = (enum search_kind)kind;
				search.host =
					(struct search_host){ admit, block, runs_left, &world };
				search.margin_pct = 5;
				search.seed = seed;
				if (search_run(&search, NULL) < 0)
					return 1;
				quarter += world.at[0];
				half += world.at[1];
				end += true_score(&world, search.winner);
				idle += idle_settings(&world);
				used += runs - world.runs;
				search_release(&search);
				space_release(&world.space);
			}
			printf("| %s | %.3fx | %.3fx | %.3fx | %.1f | %.0f |\n", names[kind],
			       exp(quarter / seeds), exp(half / seeds), exp(end / seeds),
			       (double)idle / seeds, used / seeds);
		}
		printf("\n");
	}
	return 0;
}
