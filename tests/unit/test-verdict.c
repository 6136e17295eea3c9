/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "stats/verdict.h"

static enum verdict judge(double low, double estimate, double high, double margin, double floor)
{
	struct ratio ratio = { .estimate = estimate, .low = low, .high = high, .pairs = 5 };

	return verdict_of(&ratio, margin, floor, false);
}

static void test_settled(void **state)
{
	assert_int_equal(judge(1.2, 1.3, 1.4, 5, NAN), VERDICT_SLOWER);
	assert_int_equal(judge(0.5, 0.6, 0.7, 5, NAN), VERDICT_FASTER);
	assert_int_equal(judge(0.97, 1.0, 1.03, 5, NAN), VERDICT_TIE);
	assert_int_equal(judge(0.8, 1.0, 1.3, 5, NAN), VERDICT_UNCLEAR);
	/* The interval leaves 1 out, yet the difference is too small to matter. */
	assert_int_equal(judge(1.01, 1.02, 1.04, 5, NAN), VERDICT_TIE);
}

static void test_one_must_be_outside(void **state)
{
	assert_int_equal(judge(0.999, 1.3, 1.7, 5, NAN), VERDICT_UNCLEAR);
	assert_int_equal(judge(1.001, 1.3, 1.7, 5, NAN), VERDICT_SLOWER);
	assert_int_equal(judge(0.6, 0.8, 1.001, 5, NAN), VERDICT_UNCLEAR);
	assert_int_equal(judge(0.6, 0.8, 0.999, 5, NAN), VERDICT_FASTER);
}

static void test_margin(void **state)
{
	/* Certainly different, perhaps by less than matters. */
	assert_int_equal(judge(1.02, 1.04, 1.06, 5, NAN), VERDICT_UNCLEAR);
	assert_int_equal(judge(1.02, 1.04, 1.06, 3, NAN), VERDICT_SLOWER);
	assert_int_equal(judge(1.02, 1.04, 1.06, 7, NAN), VERDICT_TIE);
	/* The margin is as wide downwards as upwards when measured in ratios. */
	assert_int_equal(judge(1 / 1.0499, 1.0, 1.0499, 5, NAN), VERDICT_TIE);
	assert_int_equal(judge(0.95, 1.0, 1.0499, 5, NAN), VERDICT_UNCLEAR);
	/* Without a margin only exact equality is a tie. */
	assert_int_equal(judge(1, 1, 1, 0, NAN), VERDICT_TIE);
	assert_int_equal(judge(1.001, 1.002, 1.003, 0, NAN), VERDICT_SLOWER);
}

static void test_nothing_within_the_noise_floor_is_called(void **state)
{
	assert_int_equal(judge(1.05, 1.09, 1.13, 5, 10), VERDICT_UNCLEAR);
	assert_int_equal(judge(1.05, 1.11, 1.17, 5, 10), VERDICT_SLOWER);
	assert_int_equal(judge(0.88, 0.92, 0.96, 5, 10), VERDICT_UNCLEAR);
	assert_int_equal(judge(0.84, 0.90, 0.96, 5, 10), VERDICT_FASTER);
	/* And noise does not make equal what may differ. */
	assert_int_equal(judge(0.92, 1.0, 1.09, 5, 20), VERDICT_UNCLEAR);
}

static void test_more_can_be_better(void **state)
{
	struct ratio more = { .estimate = 1.3, .low = 1.2, .high = 1.4, .pairs = 5 };
	struct ratio less = { .estimate = 0.7, .low = 0.6, .high = 0.8, .pairs = 5 };

	assert_int_equal(verdict_of(&more, 5, 1, true), VERDICT_FASTER);
	assert_int_equal(verdict_of(&less, 5, 1, true), VERDICT_SLOWER);
}

static void test_without_an_interval_nothing_is_clear(void **state)
{
	assert_int_equal(judge(NAN, 3, NAN, 5, 1), VERDICT_UNCLEAR);
	assert_int_equal(judge(NAN, 1, NAN, 5, 1), VERDICT_UNCLEAR);
	assert_int_equal(judge(NAN, NAN, NAN, 5, 1), VERDICT_UNCLEAR);
	assert_int_equal(judge(NAN, 0, NAN, 5, 1), VERDICT_UNCLEAR);
}

/* Faults that vanish altogether. */
static void test_zero(void **state)
{
	assert_int_equal(judge(0, 0, 0, 5, 1), VERDICT_FASTER);
}

static void test_names(void **state)
{
	static const char *const names[] = { "unclear", "tie", "faster", "slower" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int verdict = verdict_by_name(names[i]);

		assert_true(verdict >= 0);
		assert_string_equal(verdict_name((enum verdict)verdict), names[i]);
	}
	assert_int_equal(verdict_by_name("FASTER"), -1);
	assert_int_equal(verdict_by_name(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_one_must_be_outside),
		cmocka_unit_test(test_margin),
		cmocka_unit_test(test_nothing_within_the_noise_floor_is_called),
		cmocka_unit_test(test_more_can_be_better),
		cmocka_unit_test(test_without_an_interval_nothing_is_clear),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
