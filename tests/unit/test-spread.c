/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stats/spread.h"

static void test_odd(void **state)
{
	const double values[] = { 9, 1, 2 };
	struct spread spread = spread_of(values, 3);

	assert_int_equal(spread.count, 3);
	assert_true(spread.median == 2);
	assert_true(spread.mean == 4);
	assert_true(spread.min == 1);
	assert_true(spread.max == 9);
	assert_true(fabs(spread.stddev - sqrt(19)) < 1e-12);
}

static void test_even_and_unmeasured(void **state)
{
	const double values[] = { NAN, 4, 1, NAN, 3, 2 };
	struct spread spread = spread_of(values, 6);

	assert_int_equal(spread.count, 4);
	assert_true(spread.median == 2.5);
}

static void test_one(void **state)
{
	const double value = 7;
	struct spread spread = spread_of(&value, 1);

	assert_true(spread.median == 7 && spread.mean == 7 && spread.min == 7 && spread.max == 7);
	assert_true(isnan(spread.stddev));
}

static void test_nothing(void **state)
{
	const double value = NAN;
	struct spread spread = spread_of(&value, 1);

	assert_int_equal(spread.count, 0);
	assert_true(isnan(spread.median) && isnan(spread.mean) && isnan(spread.stddev));
	assert_true(isnan(spread.min) && isnan(spread.max));
	assert_int_equal(spread_of(NULL, 0).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_even_and_unmeasured),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
