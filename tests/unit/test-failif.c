/* SPDX-License-Identifier: MIT */
#include "cmd/failif.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xalloc.h"

static void conditions_are_parsed(void **state)
{
	struct failif failif;

	assert_int_equal(failif_parse("jemalloc slower 5%", &failif, NULL), 0);
	assert_string_equal(failif.contender, "jemalloc");
	assert_int_equal(failif.metric, METRIC_WALL_NS);
	assert_true(failif.above);
	assert_true(failif.pct == 5);
	assert_null(failif.case_name);
	failif_release(&failif);
	assert_int_equal(failif_parse("a[b:1,c:2] smaller in mpsc/8/senders=1", &failif, NULL), 0);
	assert_int_equal(failif.metric, METRIC_PEAK_RSS_BYTES);
	assert_false(failif.above);
	assert_true(isnan(failif.pct));
	assert_string_equal(failif.case_name, "mpsc/8/senders=1");
	failif_release(&failif);
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = { "",
					     "jemalloc",
					     "jemalloc better 5%",
					     "a slower x%",
					     "a slower -5%",
					     "a slower 5% at b",
					     "a slower 5% in ",
					     "a faster 100%",
					     "a slower 5% in" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct failif failif;

		assert_int_equal(failif_parse(texts[i], &failif, NULL), -EINVAL);
	}
}

static void make_result(struct result *result)
{
	result_init(result);
	result->command.margin_pct = 4;
	result_add_contender(result)->name = xstrdup("base");
	result->contenders[0].role = ROLE_BASELINE;
	result_add_contender(result)->name = xstrdup("other");
	result_add_case(result)->name = xstrdup("one");
	result_add_case(result)->name = xstrdup("two");
}

static int add(struct result *result, const char *text)
{
	struct failif failif;

	assert_int_equal(failif_parse(text, &failif, NULL), 0);
	int r = failif_add(&failif, result, NULL);
	failif_release(&failif);
	return r;
}

static void a_condition_becomes_a_gate(void **state)
{
	struct result result;

	make_result(&result);
	assert_int_equal(add(&result, "other slower 10%"), 0);
	assert_int_equal(add(&result, "other cheaper 20% in two"), 0);
	assert_int_equal(add(&result, "other bigger"), 0);
	assert_int_equal(result.gate_count, 3);
	const struct gate *gate = result.gates;
	assert_string_equal(gate[0].condition, "other slower 10%");
	assert_int_equal(gate[0].contender_index, 1);
	assert_int_equal(gate[0].metric, METRIC_WALL_NS);
	assert_true(gate[0].above && gate[0].any_case && fabs(gate[0].limit - 1.1) < 1e-12);
	assert_int_equal(gate[1].metric, METRIC_CPU_NS);
	assert_true(!gate[1].above && !gate[1].any_case && gate[1].case_index == 1);
	assert_true(fabs(gate[1].limit - 0.8) < 1e-12);
	assert_int_equal(gate[2].metric, METRIC_PEAK_RSS_BYTES);
	assert_true(fabs(gate[2].limit - 1.04) < 1e-12); /* the margin */
	result_release(&result);
}

/* Slower is less of a metric of which more is better; memory is not asked about it. */
static void the_metric_decides_what_slower_means(void **state)
{
	struct result result;

	make_result(&result);
	result.command.metric = METRIC_CUSTOM;
	result.command.own_metrics[result.command.own_metric_count++].higher_is_better = true;
	assert_int_equal(add(&result, "other slower 10%"), 0);
	assert_int_equal(add(&result, "other bigger 10%"), 0);
	assert_int_equal(result.gates[0].metric, METRIC_CUSTOM);
	assert_true(!result.gates[0].above && fabs(result.gates[0].limit - 0.9) < 1e-12);
	assert_true(result.gates[1].above);
	result_release(&result);
}

static void names_must_exist(void **state)
{
	struct result result;

	make_result(&result);
	assert_int_equal(add(&result, "nobody slower"), -EINVAL);
	assert_int_equal(add(&result, "other slower in three"), -EINVAL);
	assert_int_equal(add(&result, "base slower"), -EINVAL);
	assert_int_equal(result.gate_count, 0);
	result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_parsed),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(a_condition_becomes_a_gate),
		cmocka_unit_test(the_metric_decides_what_slower_means),
		cmocka_unit_test(names_must_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
