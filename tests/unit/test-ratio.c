/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "stats/ratio.h"

static void assert_near(double got, double expected)
{
	if (!(fabs(got - expected) <= 1e-9 * fmax(1, fabs(expected))))
		fail_msg("got %.12g, expected %.12g", got, expected);
}

static void assert_no_ratio(struct ratio ratio, size_t pairs)
{
	assert_int_equal(ratio.pairs, pairs);
	assert_true(isnan(ratio.estimate));
	assert_true(isnan(ratio.low));
	assert_true(isnan(ratio.high));
}

/* The machine is ten times slower in the last round; the quotient is 2 in each. */
static void test_drift_cancels(void **state)
{
	const double baseline[] = { 10, 12, 9, 100 };
	const double contender[] = { 20, 24, 18, 200 };
	struct ratio ratio = ratio_paired(baseline, contender, 4, 0.95);

	assert_int_equal(ratio.pairs, 4);
	assert_near(ratio.estimate, 2);
	assert_near(ratio.low, 2);
	assert_near(ratio.high, 2);
}

/* Log-quotients -ln 2 and ln 2: mean 0, standard error ln 2, t = 12.706 with one degree. */
static void test_by_hand(void **state)
{
	const double baseline[] = { 2, 1 };
	const double contender[] = { 1, 2 };
	struct ratio ratio = ratio_paired(baseline, contender, 2, 0.95);

	assert_near(ratio.estimate, 1);
	assert_near(ratio.log_error, M_LN2);
	assert_near(log(ratio.high), M_LN2 * tan(M_PI_2 * 0.95));
	assert_near(log(ratio.low), -M_LN2 * tan(M_PI_2 * 0.95));
}

static void test_swapping_inverts(void **state)
{
	const double a[] = { 3, 4, 5, 4, 3, 7, 4, 5, 6 };
	const double b[] = { 5, 6, 9, 5, 6, 8, 90, 6, 9 };

	for (size_t rounds = 2; rounds <= ARRAY_SIZE(a); rounds++) {
		struct ratio forth = ratio_paired(a, b, rounds, 0.95);
		struct ratio back = ratio_paired(b, a, rounds, 0.95);

		assert_near(forth.estimate * back.estimate, 1);
		assert_near(forth.low * back.high, 1);
		assert_near(forth.high * back.low, 1);
	}
}

static void test_incomplete_rounds_are_left_out(void **state)
{
	const double baseline[] = { NAN, 10, 10, INFINITY, 10, -1, 10 };
	const double contender[] = { 20, NAN, 20, 20, 20, 20, -20 };
	struct ratio ratio = ratio_paired(baseline, contender, 7, 0.95);

	assert_int_equal(ratio.pairs, 2);
	assert_near(ratio.estimate, 2);
	assert_near(ratio.high, 2);
}

static void test_one_round_has_no_interval(void **state)
{
	const double baseline[] = { 10 }, contender[] = { 15 };
	struct ratio ratio = ratio_paired(baseline, contender, 1, 0.95);

	assert_int_equal(ratio.pairs, 1);
	assert_near(ratio.estimate, 1.5);
	assert_true(isnan(ratio.low) && isnan(ratio.high));
	assert_true(isnan(ratio_precision_pct(&ratio)));
	assert_no_ratio(ratio_paired(NULL, NULL, 0, 0.95), 0);
}

/* Log-quotients -ln 5 and ln 5, as above: the ends are e^20 and its inverse at 95%, and e^41 at 97.5%. */
static void test_an_endless_interval_is_none(void **state)
{
	const double baseline[] = { 5, 1 };
	const double contender[] = { 1, 5 };
	struct ratio near = ratio_paired(baseline, contender, 2, 0.95);
	struct ratio far = ratio_paired(baseline, contender, 2, 0.975);

	assert_near(log(near.high), log(5) * tan(M_PI_2 * 0.95));
	assert_near(far.estimate, 1);
	assert_near(far.log_error, log(5));
	assert_true(isnan(far.low));
	assert_true(isnan(far.high));
}

static void test_zeros(void **state)
{
	const double zeros[] = { 0, 0, 0 };
	const double some[] = { 0, 1, 0 };
	const double all[] = { 3, 1, 2 };
	struct ratio ratio = ratio_paired(zeros, zeros, 3, 0.95);

	assert_near(ratio.estimate, 1);
	assert_near(ratio.low, 1);
	assert_near(ratio.high, 1);

	ratio = ratio_paired(zeros, zeros, 2, 0.95);
	assert_near(ratio.estimate, 1);
	assert_near(ratio.low, 1);
	assert_near(ratio.high, 1);

	ratio = ratio_paired(all, zeros, 1, 0.95);
	assert_true(ratio.estimate == 0 && isnan(ratio.low) && isnan(ratio.high));

	assert_no_ratio(ratio_paired(zeros, all, 3, 0.95), 3);
	assert_no_ratio(ratio_paired(zeros, some, 3, 0.95), 3);
	assert_no_ratio(ratio_paired(some, zeros, 3, 0.95), 3);
	assert_no_ratio(ratio_paired(all, some, 3, 0.95), 3);
	assert_no_ratio(ratio_paired(some, all, 3, 0.95), 3);
}

/* Poisson: P(none in n rounds) = exp(-n x rate), which is 5% at a rate of 2.9957 / n. */
static void test_none(void **state)
{
	const double none[8] = { 0 };
	const double few[] = { 1, 1, 2, 1, 1, 2, 1, 1 };
	const double many[] = { 1000, 900 };
	struct ratio ratio = ratio_paired(many, none, 2, 0.95);

	assert_int_equal(ratio.pairs, 2);
	assert_true(ratio.estimate == 0 && ratio.low == 0);
	assert_near(ratio.high, -log(0.05) / 2 / 900);
	assert_near(ratio_precision_pct(&ratio), 0);

	/* Once or twice, and never, are the same as far as two rounds can tell; eight rounds can. */
	ratio = ratio_paired(few, none, 2, 0.95);
	assert_true(ratio.estimate == 0 && isnan(ratio.low) && isnan(ratio.high));
	ratio = ratio_paired(few, none, 8, 0.95);
	assert_near(ratio.high, -log(0.05) / 8);
	/* ... not at a confidence that many comparisons together need. */
	ratio = ratio_paired(few, none, 8, 0.9999);
	assert_true(isnan(ratio.low) && isnan(ratio.high));
}

static void test_confidence_each(void **state)
{
	assert_near(confidence_each(0.95, 0), 0.95);
	assert_near(confidence_each(0.95, 1), 0.95);
	assert_near(confidence_each(0.95, 5), 0.99);
}

static void test_precision(void **state)
{
	struct ratio ratio = { .estimate = 1, .low = 0.9, .high = 1.05, .pairs = 5 };

	assert_near(ratio_precision_pct(&ratio), 100 * (1 / 0.9 - 1));
	ratio.low = 0.99;
	assert_near(ratio_precision_pct(&ratio), 5);
}

static void test_change_between_sessions(void **state)
{
	const struct ratio then = { 1.0, 0.9, 1.1, NAN, 10 };
	const struct ratio exact = { 1.2, 1.2, 1.2, NAN, 7 };
	const struct ratio none = { 0, 0, 0.1, NAN, 5 };
	const struct ratio open = { 1.2, NAN, NAN, NAN, 1 };
	struct ratio change = ratio_change(&exact, &then);

	/* One of them known exactly leaves the other's interval, turned round. */
	assert_near(change.estimate, 1.2);
	assert_near(change.low, 1.2 / 1.1);
	assert_near(change.high, 1.2 / 0.9);
	assert_int_equal(change.pairs, 7);
	/* Exchanged, it is the inverse. */
	struct ratio inverse = ratio_change(&then, &exact);
	assert_near(inverse.low, 1 / change.high);
	assert_near(inverse.high, 1 / change.low);
	/* Both uncertain: wider than either. */
	change = ratio_change(&then, &then);
	assert_near(change.estimate, 1);
	assert_true(change.low < 0.9 && change.high > 1.1);
	assert_true(isnan(ratio_change(&none, &then).estimate));
	assert_true(isnan(ratio_change(&open, &then).low));
	assert_near(ratio_change(&open, &then).estimate, 1.2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_between_sessions),
		cmocka_unit_test(test_drift_cancels),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_swapping_inverts),
		cmocka_unit_test(test_incomplete_rounds_are_left_out),
		cmocka_unit_test(test_one_round_has_no_interval),
		cmocka_unit_test(test_an_endless_interval_is_none),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_confidence_each),
		cmocka_unit_test(test_precision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
