/* SPDX-License-Identifier: MIT */
/*
 * The charts of the page: scales by themselves, and pictures of kept documents against tests/fixtures/charts.
 * After a wanted change: MADVISOR_UPDATE=1 meson test chart, and look at the pictures before committing them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/document.h"
#include "report/chart/chart.h"
#include "report/chart/mark.h"
#include "report/chart/scale.h"
#include "report/chart/svg.h"
#include "golden.h"

static void expect_ticks(const struct scale *scale, double spacing, const char *wanted)
{
	double ticks[SCALE_TICKS_MAX];
	size_t count = scale_ticks(scale, spacing, ticks);
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		strbuf_addstr(&got, i ? " " : "");
		scale_add_tick(&got, ticks[i]);
		if (i)
			assert_true(fabs(scale_at(scale, ticks[i]) -
					 scale_at(scale, ticks[i - 1])) > spacing - 1e-6);
	}
	assert_string_equal(got.buf, wanted);
}

static void ticks_are_round_and_apart(void **state)
{
	expect_ticks(&(struct scale){ false, 0, 10, 0, 300 }, 30, "0 1 2 3 4 5 6 7 8 9 10");
	expect_ticks(&(struct scale){ false, 0, 10, 0, 300 }, 40, "0 2 4 6 8 10");
	expect_ticks(&(struct scale){ false, 0.13, 0.171, 200, 0 }, 40, "0.13 0.14 0.15 0.16 0.17");
	expect_ticks(&(struct scale){ false, -3, 7, 0, 100 }, 40, "0 5");
	expect_ticks(&(struct scale){ false, 5, 5, 0, 100 }, 40, "5");
	expect_ticks(&(struct scale){ true, 0.4, 2.1, 0, 600 }, 40, "0.5 0.7 1 1.2 1.5 2");
	expect_ticks(&(struct scale){ true, 0.4, 2.1, 0, 130 }, 40, "0.5 1 2");
	expect_ticks(&(struct scale){ true, 0.95, 1.05, 0, 300 }, 40, "0.96 0.98 1 1.02 1.04");
	expect_ticks(&(struct scale){ true, 1.0 / 16, 16, 0, 200 }, 30, "0.1 0.3 1 3 10");
	expect_ticks(&(struct scale){ true, 1.0 / 16, 16, 0, 100 }, 40, "0.1 1 10");
	/* Never more than there is room for in the caller's array. */
	expect_ticks(&(struct scale){ false, 0, 100, 0, 100000 }, 10,
		     "0 10 20 30 40 50 60 70 80 90 100");
}

static void half_lies_as_far_from_one_as_twice(void **state)
{
	const struct scale scale = { true, 0.25, 4, 0, 400 };

	assert_true(fabs(scale_at(&scale, 1) - 200) < 1e-9);
	assert_true(fabs(scale_at(&scale, 0.5) - 100) < 1e-9);
	assert_true(fabs(scale_at(&scale, 2) - 300) < 1e-9);
	/* What lies beyond stands at the end, and is known to. */
	assert_true(fabs(scale_at(&scale, 9) - 400) < 1e-9);
	assert_true(scale_is_beyond(&scale, 9) && scale_is_beyond(&scale, 0.1));
	assert_false(scale_is_beyond(&scale, 4) || scale_is_beyond(&scale, 0.25));
	assert_true(isnan(scale_at(&scale, NAN)));
	assert_false(scale_is_beyond(&scale, NAN));
}

static void ends_are_moved_to_round_values(void **state)
{
	struct scale scale = { false, 147, 1341, 0, 200 };

	scale_widen(&scale, 40);
	assert_true(scale.low == 0 && scale.high == 1500);
	scale_include(&scale, NAN);
	scale_include(&scale, INFINITY);
	assert_true(scale.low == 0 && scale.high == 1500);
	assert_string_equal(scale_unit_for(UNIT_NS, 1.3e9).name, "s");
	assert_string_equal(scale_unit_for(UNIT_NS, 0.2).name, "ns");
	assert_string_equal(scale_unit_for(UNIT_BYTES, 3e6).name, "MiB");
	assert_true(scale_unit_for(UNIT_NUMBER, 1e9).size == 1);
}

static void long_names_are_cut_between_characters(void **state)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	svg_fit(&got, "jemalloc", 100);
	assert_string_equal(got.buf, "jemalloc");
	strbuf_truncate(&got, 0);
	svg_fit(&got, "jemalloc[tcache_max:4096]", 60);
	assert_string_equal(got.buf, "je\u20264096]");
	strbuf_truncate(&got, 0);
	svg_fit(&got, "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", 30);
	assert_string_equal(got.buf, "\u2026\u00e4\u00e4");
}

static char *path_of(const char *folder, const char *name)
{
	return xasprintf("%s/%s/%s", getenv("FIXTURES"), folder, name);
}

static void load(const char *fixture, struct result *result)
{
	_cleanup_free_ char *file = xasprintf("%s.json", fixture);
	_cleanup_free_ char *path = path_of("results", file);
	_cleanup_error_ struct error err = ERROR_INIT;

	result_init(result);
	if (document_load(path, result, &err) < 0)
		fail_msg("%s", err.message);
}

static bool draw(const struct result *result, const struct chart *chart, double width,
		 struct strbuf *out)
{
	static const struct emitter none;
	struct production production;
	bool present;

	production_init(&production, result, &none, NULL);
	present = chart->present(&production);
	if (present)
		chart->draw(&production, width, out);
	production_release(&production);
	return present;
}

static void expect_file(const char *name, const struct strbuf *got)
{
	_cleanup_free_ char *path = path_of("charts", name);

	golden_expect(path, got);
}

static const struct {
	const char *fixture;
	const struct chart *chart;
	double width;
} kept[] = {
	{ "shootout", &chart_pareto, CHART_WIDE_PX },
	{ "shootout", &chart_ratios, CHART_WIDE_PX },
	{ "shootout", &chart_ratios, CHART_NARROW_PX },
	{ "setting", &chart_ratios, CHART_NARROW_PX },
	{ "setting", &chart_pareto, CHART_WIDE_PX },
	{ "hostile", &chart_pareto, CHART_NARROW_PX },
	{ "hostile", &chart_runs, CHART_NARROW_PX },
	{ "modes", &chart_runs, CHART_WIDE_PX },
	{ "shootout", &chart_runs, CHART_NARROW_PX },
	{ "shootout", &chart_headroom, CHART_WIDE_PX },
	{ "why", &chart_spent, CHART_WIDE_PX },
	{ "explained", &chart_spent, CHART_NARROW_PX },
	{ "explained", &chart_flame, CHART_WIDE_PX },
	{ "sweep", &chart_cliffs, CHART_WIDE_PX },
	{ "sweep", &chart_cliffs, CHART_NARROW_PX },
	{ "tuned", &chart_pareto, CHART_WIDE_PX },
	{ "tuned", &chart_confirmed, CHART_NARROW_PX },
	{ "tuned", &chart_knobs, CHART_WIDE_PX },
	{ "tuned", &chart_trials, CHART_NARROW_PX },
};

static void pictures_as_expected(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
		_cleanup_free_ char *name = xasprintf("%s-%s-%g.svg", kept[i].fixture,
						      kept[i].chart->id, kept[i].width);
		struct result result;

		load(kept[i].fixture, &result);
		assert_true(draw(&result, kept[i].chart, kept[i].width, &got));
		result_release(&result);
		expect_file(name, &got);
	}
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

/* Neither at 0 nor as "nan", nor with a name and no mark. */
static void what_was_not_measured_is_left_out(void **state)
{
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT,
				       poor = STRBUF_INIT;
	struct result result;

	load("shootout", &result);
	assert_true(draw(&result, &chart_ratios, CHART_WIDE_PX, &before));
	for (size_t i = 0; i < result.summary_count; i++)
		if (!strcmp(result.contenders[result.summaries[i].contender_index].name,
			    "snmalloc"))
			result.summaries[i].ratio = NAN;
	assert_true(draw(&result, &chart_ratios, CHART_WIDE_PX, &after));
	assert_true(draw(&result, &chart_pareto, CHART_WIDE_PX, &poor));
	assert_int_equal(count_of(before.buf, "class=\"dot"), 12);
	assert_int_equal(count_of(after.buf, "class=\"dot"), 9);
	assert_null(strstr(after.buf, "snmalloc"));
	assert_null(strstr(after.buf, "nan"));
	assert_null(strstr(poor.buf, "nan"));
	for (size_t i = 0; i < result.summary_count; i++)
		result.summaries[i].ratio = NAN;
	strbuf_truncate(&after, 0);
	assert_false(draw(&result, &chart_ratios, CHART_WIDE_PX, &after));
	assert_false(draw(&result, &chart_pareto, CHART_WIDE_PX, &after));
	result_release(&result);
}

/* A second sign beside the colour. */
static void verdicts_differ_in_shape(void **state)
{
	assert_int_equal(mark_symbol_of_verdict(VERDICT_FASTER, 0.5), SYMBOL_LEFT);
	assert_int_equal(mark_symbol_of_verdict(VERDICT_SLOWER, 2), SYMBOL_RIGHT);
	/* Operations per second: more is faster. */
	assert_int_equal(mark_symbol_of_verdict(VERDICT_FASTER, 2), SYMBOL_RIGHT);
	assert_int_equal(mark_symbol_of_verdict(VERDICT_TIE, 1.01), SYMBOL_CIRCLE);
	assert_string_not_equal(mark_class_of_verdict(VERDICT_TIE),
				mark_class_of_verdict(VERDICT_UNCLEAR));
	/* 56 contenders before two look the same. */
	for (size_t a = 0; a < 56; a++)
		for (size_t b = 0; b < a; b++)
			assert_true(mark_symbol_of(a) != mark_symbol_of(b) ||
				    strcmp(mark_class_of(a), mark_class_of(b)) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_are_round_and_apart),
		cmocka_unit_test(half_lies_as_far_from_one_as_twice),
		cmocka_unit_test(ends_are_moved_to_round_values),
		cmocka_unit_test(long_names_are_cut_between_characters),
		cmocka_unit_test(pictures_as_expected),
		cmocka_unit_test(what_was_not_measured_is_left_out),
		cmocka_unit_test(verdicts_differ_in_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
