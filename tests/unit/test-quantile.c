/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "stats/quantile.h"

static void assert_close(double got, double expected, double relative)
{
	if (!(fabs(got - expected) <= relative * fabs(expected)))
		fail_msg("got %.12g, expected %.12g", got, expected);
}

/* Published tables of Student's distribution give three or four digits. */
static void test_published_tables(void **state)
{
	static const struct {
		double confidence;
		size_t df;
		double t;
	} table[] = {
		{ 0.95, 1, 12.706 },  { 0.95, 2, 4.303 },  { 0.95, 3, 3.182 },
		{ 0.95, 4, 2.776 },   { 0.95, 5, 2.571 },  { 0.95, 9, 2.262 },
		{ 0.95, 10, 2.228 },  { 0.95, 29, 2.045 }, { 0.95, 30, 2.042 },
		{ 0.95, 120, 1.980 }, { 0.99, 4, 4.604 },  { 0.99, 9, 3.250 },
		{ 0.99, 30, 2.750 },  { 0.999, 5, 6.869 }, { 0.999, 10, 4.587 },
		{ 0.5, 4, 0.741 },    { 0.8, 7, 1.415 },   { 0.90, 15, 1.753 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_close(student_quantile(table[i].confidence, table[i].df), table[i].t, 7e-4);
}

/* For one and two degrees of freedom the quantile has a closed form. */
static void test_closed_forms(void **state)
{
	static const double confidences[] = { 0.01, 0.5, 0.95, 0.999, 1 - 1e-6 };

	for (size_t i = 0; i < ARRAY_SIZE(confidences); i++) {
		double p = confidences[i];

		assert_close(student_quantile(p, 1), tan(M_PI_2 * p), 1e-9);
		assert_close(student_quantile(p, 2), p * sqrt(2 / (1 - p * p)), 1e-9);
	}
}

static void test_many_degrees_approach_the_normal(void **state)
{
	assert_close(student_quantile(0.95, 1000000), 1.959966, 1e-6);
	assert_close(student_quantile(0.99, 1000001), 2.575832, 2e-6);
}

static void test_order(void **state)
{
	for (size_t df = 1; df < 60; df++) {
		assert_true(student_quantile(0.99, df) > student_quantile(0.95, df));
		assert_true(student_quantile(0.95, df) > student_quantile(0.95, df + 1));
	}
}

static void test_nonsense_has_no_quantile(void **state)
{
	assert_true(isnan(student_quantile(0, 5)));
	assert_true(isnan(student_quantile(1, 5)));
	assert_true(isnan(student_quantile(-1, 5)));
	assert_true(isnan(student_quantile(NAN, 5)));
	assert_true(isnan(student_quantile(0.95, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_tables),
		cmocka_unit_test(test_closed_forms),
		cmocka_unit_test(test_many_degrees_approach_the_normal),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_nonsense_has_no_quantile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
