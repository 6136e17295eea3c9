/* SPDX-License-Identifier: MIT */
/* What becomes of a finalist, by its guards. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "model/result.h"
#include "model/summarise.h"
#include "model/tuning.h"

#define MIB 1048576.0

static void add_row(struct result *result, size_t case_index, size_t contender, unsigned int round,
		    double wall_ns, double memory_bytes)
{
	struct run *run = result_add_run(result);

	run->case_index = case_index;
	run->contender_index = contender;
	run->round = round;
	run->metrics.value[METRIC_WALL_NS] = wall_ns * (1 + 0.001 * (round % 3));
	run->metrics.value[METRIC_PEAK_RSS_BYTES] = memory_bytes;
}

static void begin(struct result *result)
{
	result_init(result);
	result->kind = RESULT_TUNE;
	result->command.metric = METRIC_WALL_NS;
	result->command.margin_pct = 5;
	result->command.confidence = 0.95;
	result->tuning = xcalloc(1, sizeof(*result->tuning));
	result->tuning->guard_margin_pct = 5;
	result_add_case(result)->name = xstrdup("command");
}

/* Contender 0 is the default, the others are finalists. */
static struct contender *add_contender(struct result *result)
{
	struct contender *contender = result_add_contender(result);
	size_t index = result->contender_count - 1;

	contender->name = xasprintf("glibc%zu", index);
	contender->role = index ? ROLE_CONTENDER : ROLE_BASELINE;
	if (index)
		*ARRAY_PUSH(result->tuning->finalists, result->tuning->finalist_count,
			    result->tuning->finalist_alloc) = (struct tuning_finalist){
			.contender_index = index, .search_ratio = 0.5, .case_index = SIZE_MAX
		};
	return contender;
}

/* A finalist that halves the time, with one guard. */
static enum tuning_end end_of_noisy(double guard_time, double noise, double default_bytes,
				    double guard_bytes)
{
	struct result result;

	begin(&result);
	result_add_case(&result)->name = xstrdup("guard 1");
	add_contender(&result);
	add_contender(&result);
	for (unsigned int round = 1; round <= 10; round++) {
		add_row(&result, 0, 0, round, 2e9, 100 * MIB);
		add_row(&result, 0, 1, round, 1e9, 100 * MIB);
		add_row(&result, 1, 0, round, 1e9, default_bytes);
		add_row(&result, 1, 1, round, guard_time * (1 + (round % 2 ? noise : -noise)) * 1e9,
			guard_bytes);
	}
	result_summarise(&result, 0.95);
	tuning_decide(&result);
	enum tuning_end end = result.tuning->finalists[0].end;
	/* What stops it for good is not open; what does so perhaps, is. */
	if (end == FINALIST_UNSETTLED)
		assert_true(tuning_guard_open(&result, &result.tuning->finalists[0], 1));
	if (end == FINALIST_RECOMMENDED || (end == FINALIST_GUARD && noise < 0.01))
		assert_false(tuning_guard_open(&result, &result.tuning->finalists[0], 1));
	result_release(&result);
	return end;
}

static enum tuning_end end_with(double guard_time, double default_bytes, double guard_bytes)
{
	return end_of_noisy(guard_time, 0, default_bytes, guard_bytes);
}

/* By half up and down the interval holds 1: what looks worse by more than the margin may be worse, what does not is let be. */
static void a_guard_that_looks_worse_stops_it_until_it_is_settled(void **state)
{
	assert_int_equal(end_of_noisy(1.3, 0.5, 100 * MIB, 100 * MIB), FINALIST_UNSETTLED);
	assert_int_equal(end_of_noisy(1.15, 0.5, 100 * MIB, 100 * MIB), FINALIST_RECOMMENDED);
	assert_int_equal(end_of_noisy(1.3, 0.05, 100 * MIB, 100 * MIB), FINALIST_GUARD);
}

static void a_guard_that_gets_worse_stops_it(void **state)
{
	assert_int_equal(end_with(1.0, 100 * MIB, 100 * MIB), FINALIST_RECOMMENDED);
	assert_int_equal(end_with(1.2, 100 * MIB, 100 * MIB), FINALIST_GUARD);
	assert_int_equal(end_with(1.03, 100 * MIB, 100 * MIB), FINALIST_RECOMMENDED);
	assert_int_equal(end_with(1.0, 100 * MIB, 110 * MIB), FINALIST_GUARD);
}

/* A program of 2 MiB that has 2.2 MiB is not worse by any measure that matters; one with 6 MiB is. */
static void a_little_memory_stops_nothing(void **state)
{
	assert_int_equal(end_with(1.0, 2 * MIB, 2.2 * MIB), FINALIST_RECOMMENDED);
	assert_int_equal(end_with(1.0, 2 * MIB, 6 * MIB), FINALIST_GUARD);
}

/* Two finalists that are confirmed, of six settings and of one; which is recommended. */
static size_t recommended_of(double rich_ns, double plain_ns)
{
	const size_t settings[] = { 0, 6, 1 };
	const double wall_ns[] = { 2e9, rich_ns, plain_ns };
	struct result result;

	begin(&result);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct contender *contender = add_contender(&result);

		contender->settings = xcalloc(settings[i] + 1, sizeof(*contender->settings));
		contender->setting_count = settings[i];
		for (unsigned int round = 1; round <= 10; round++)
			add_row(&result, 0, i, round, wall_ns[i], 100 * MIB);
	}
	result_summarise(&result, 0.95);
	tuning_decide(&result);
	size_t index = tuning_recommended(result.tuning)->contender_index;
	result_release(&result);
	return index;
}

static void settings_that_gain_nothing_are_not_recommended(void **state)
{
	assert_int_equal(recommended_of(0.98e9, 1e9), 2);
	assert_int_equal(recommended_of(1e9, 0.98e9), 2);
	assert_int_equal(recommended_of(0.8e9, 1e9), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guard_that_gets_worse_stops_it),
		cmocka_unit_test(a_guard_that_looks_worse_stops_it_until_it_is_settled),
		cmocka_unit_test(a_little_memory_stops_nothing),
		cmocka_unit_test(settings_that_gain_nothing_are_not_recommended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
