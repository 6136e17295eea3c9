/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "stats/location.h"
#include "stats/quantile.h"

#define assert_near(got, expected)                                                      \
	do {                                                                            \
		double got_ = (got), expected_ = (expected);                            \
		if (!(fabs(got_ - expected_) <= 1e-9 * fmax(1, fabs(expected_))))       \
			fail_msg("%s is %.12g, expected %.12g", #got, got_, expected_); \
	} while (0)

static void test_nothing(void **state)
{
	struct location location = location_of(NULL, 0, 0.95);
	const double unmeasured[] = { NAN, NAN };

	assert_int_equal(location.count, 0);
	assert_true(isnan(location.estimate));
	assert_true(isnan(location.low));
	assert_int_equal(location_of(unmeasured, 2, 0.95).count, 0);
}

static void test_one_value_has_no_interval(void **state)
{
	const double values[] = { NAN, 3 };
	struct location location = location_of(values, 2, 0.95);

	assert_int_equal(location.count, 1);
	assert_near(location.estimate, 3);
	assert_true(isnan(location.low));
	assert_true(isnan(location.high));
	assert_true(isnan(location.standard_error));
}

/* Worked by hand: mean 3, standard deviation sqrt(2.5), t = 2.776445105 with 4 degrees. */
static void test_few_values_use_student(void **state)
{
	const double values[] = { 5, 1, 4, 2, 3 };
	struct location location = location_of(values, 5, 0.95);

	assert_near(location.estimate, 3);
	assert_near(location.high - 3, 2.7764451051977987 * sqrt(2.5 / 5));
	assert_near(3 - location.low, 2.7764451051977987 * sqrt(2.5 / 5));
}

/* Two values: the closed form of one degree of freedom. */
static void test_two_values(void **state)
{
	const double values[] = { 1, 3 };
	struct location location = location_of(values, 2, 0.95);

	assert_near(location.estimate, 2);
	assert_near(location.high, 2 + tan(M_PI_2 * 0.95));
	assert_near(location.standard_error, 1);
}

/*
 * Worked by hand: of 0 1 2 3 4 5 6 7 8 90 one is trimmed at either end, so 1 … 8 remain with the mean
 * 4.5; winsorised it is 1 1 2 3 4 5 6 7 8 8 with squared deviations of 66.5 in all, and the standard
 * error is sqrt(66.5 / (8 * 7)). 10 - 1 - 3 degrees of freedom: t = 2.446911851.
 */
static void test_more_values_use_yuen(void **state)
{
	const double values[] = { 90, 0, 8, 1, 7, 2, 6, 3, 5, 4 };
	struct location location = location_of(values, 10, 0.95);

	assert_near(location.estimate, 4.5);
	assert_near(location.standard_error, sqrt(66.5 / 56));
	assert_near(location.high, 4.5 + 2.4469118511449692 * sqrt(66.5 / 56));
	assert_near(location.low, 4.5 - 2.4469118511449692 * sqrt(66.5 / 56));
}

/* How many of the values at an end may be wild before they pull the estimate along. */
static void test_trimming_grows_with_the_count(void **state)
{
	static const struct {
		size_t count, trimmed;
	} table[] = { { 3, 1 }, { 5, 1 }, { 12, 1 }, { 13, 2 }, { 17, 2 }, { 18, 3 }, { 30, 5 } };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		double values[30] = { 0 };

		values[0] = -1; /* not all equal */
		for (size_t wild = 1; wild <= table[i].trimmed; wild++)
			values[wild] = 1e9;
		assert_true(location_of(values, table[i].count, 0.95).estimate <= 0);
		values[table[i].trimmed + 1] = 1e9;
		assert_true(location_of(values, table[i].count, 0.95).estimate > 1e7);
	}
}

static void test_one_wild_value_does_not_move_the_estimate(void **state)
{
	for (size_t count = 4; count <= 30; count++) {
		double values[30];

		for (size_t i = 0; i < count; i++)
			values[i] = 1 + 0.01 * (double)(i * 7 % count) / (double)count;
		values[count / 2] = 1000;

		struct location location = location_of(values, count, 0.95);
		assert_true(location.estimate > 0.99 && location.estimate < 1.02);
		assert_true(location.standard_error < 0.02);
		if (count >= LOCATION_ROBUST_COUNT)
			assert_true(location.high < 1.05);
		else
			assert_true(location.high > 100);
	}
}

static void test_equal_values_are_certain(void **state)
{
	double values[12];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		values[i] = 0.1;
	for (size_t count = 2; count <= ARRAY_SIZE(values); count++) {
		struct location location = location_of(values, count, 0.95);

		assert_true(location.estimate == 0.1);
		assert_true(location.low == 0.1 && location.high == 0.1);
		assert_true(location.standard_error == 0);
	}
}

/* Eight zeros would be certainty, were it not for the two values that were trimmed. */
static void test_trimmed_values_still_count_against_certainty(void **state)
{
	const double values[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, -1 };
	struct location location = location_of(values, 10, 0.95);

	assert_near(location.estimate, 0);
	assert_near(location.high, student_quantile(0.95, 9) * sqrt(2.0 / 90));
}

static void test_interval_holds_its_estimate(void **state)
{
	const double values[] = { 0, 0, 0, 0, 10 };
	struct location location = location_of(values, 5, 0.05);

	assert_near(location.estimate, 0);
	assert_true(location.low <= 0 && location.high > 0);
}

static void test_confidence_out_of_range_gives_no_interval(void **state)
{
	const double values[] = { 1, 2, 3 };
	static const double confidences[] = { 0, 1, -0.5, 2, NAN };

	for (size_t i = 0; i < ARRAY_SIZE(confidences); i++) {
		struct location location = location_of(values, 3, confidences[i]);

		assert_near(location.estimate, 2);
		assert_true(isnan(location.low) && isnan(location.high));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_one_value_has_no_interval),
		cmocka_unit_test(test_few_values_use_student),
		cmocka_unit_test(test_two_values),
		cmocka_unit_test(test_more_values_use_yuen),
		cmocka_unit_test(test_trimming_grows_with_the_count),
		cmocka_unit_test(test_one_wild_value_does_not_move_the_estimate),
		cmocka_unit_test(test_equal_values_are_certain),
		cmocka_unit_test(test_trimmed_values_still_count_against_certainty),
		cmocka_unit_test(test_interval_holds_its_estimate),
		cmocka_unit_test(test_confidence_out_of_range_gives_no_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
