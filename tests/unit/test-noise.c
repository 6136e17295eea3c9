/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stats/noise.h"

static void assert_near(double got, double expected)
{
	if (!(fabs(got - expected) <= 1e-9 * fmax(1, fabs(expected))))
		fail_msg("got %.12g, expected %.12g", got, expected);
}

static void test_distance_and_error_add_up(void **state)
{
	struct ratio twin = { .estimate = 1.1, .log_error = log(1.05), .pairs = 5 };

	assert_near(noise_floor_pct(&twin), 100 * (1.1 * 1.05 - 1));
	twin.estimate = 1 / 1.1;
	assert_near(noise_floor_pct(&twin), 100 * (1.1 * 1.05 - 1));
}

static void test_luck_does_not_make_silence(void **state)
{
	const double baseline[] = { 10, 11, 10, 12, 11 };
	const double twin[] = { 12, 11, 11, 10, 10 };
	struct ratio ratio = ratio_paired(baseline, twin, 5, 0.95);

	assert_true(fabs(ratio.estimate - 1) < 0.005);
	assert_true(noise_floor_pct(&ratio) > 4);
}

static void test_one_disturbed_run_does_not_raise_it(void **state)
{
	const double baseline[] = { 100, 101, 102, 101, 100 };
	const double twin[] = { 101, 100, 1020, 100, 101 };
	struct ratio ratio = ratio_paired(baseline, twin, 5, 0.95);

	assert_true(noise_floor_pct(&ratio) < 3);
}

static void test_unmeasured(void **state)
{
	const double one[] = { 1, 0 }, other[] = { 2, 2 };
	struct ratio ratio = ratio_paired(one, other, 1, 0.95);

	assert_true(isnan(noise_floor_pct(&ratio)));
	ratio = ratio_paired(one, other, 2, 0.95);
	assert_true(isnan(noise_floor_pct(&ratio)));
}

static void test_overall(void **state)
{
	const double floors[] = { 3, NAN, 50, 1 };

	assert_near(noise_floor_overall_pct(floors, 4), 3);
	assert_true(isnan(noise_floor_overall_pct(floors + 1, 1)));
	assert_true(isnan(noise_floor_overall_pct(NULL, 0)));
}

static void test_deciding(void **state)
{
	assert_near(noise_floor_deciding_pct(2, 3), 3);
	assert_near(noise_floor_deciding_pct(4, 3), 4);
	assert_near(noise_floor_deciding_pct(NAN, 3), 3);
	assert_near(noise_floor_deciding_pct(4, NAN), 4);
	assert_true(isnan(noise_floor_deciding_pct(NAN, NAN)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance_and_error_add_up),
		cmocka_unit_test(test_luck_does_not_make_silence),
		cmocka_unit_test(test_one_disturbed_run_does_not_raise_it),
		cmocka_unit_test(test_unmeasured),
		cmocka_unit_test(test_overall),
		cmocka_unit_test(test_deciding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
