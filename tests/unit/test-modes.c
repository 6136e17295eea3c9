/* SPDX-License-Identifier: MIT */
#include "stats/modes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/random.h"

enum { SAMPLES = 4000, RUNS_MAX = 64 };

static struct random generator;

static double uniform(void)
{
	return 1 - random_unit(&generator); /* above 0 */
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double exponential(void)
{
	return -log(uniform());
}

static double lognormal(void)
{
	return exp(normal());
}

static double long_tail(void)
{
	return log1p(fabs(normal() / normal()) * 0.05);
}

static double disturbed(void)
{
	return uniform() < 0.1 ? 5 * exponential() : normal();
}

static double student(void)
{
	double a = normal(), b = normal();

	return normal() / sqrt((a * a + b * b) / 2);
}

/* How many of the samples of times with this noise are told to have two groups. */
static int count_found(double (*noise)(void), double scale, double apart, double odds, size_t runs)
{
	double times[RUNS_MAX];
	struct modes modes;
	int found = 0;

	for (int sample = 0; sample < SAMPLES; sample++) {
		for (size_t i = 0; i < runs; i++)
			times[i] = exp(scale * noise()) * (uniform() < odds ? apart : 1);
		found += modes_find(times, runs, &modes);
	}
	return found;
}

static void test_false_alarms(void **state)
{
	double (*const shapes[])(void) = { uniform,   normal,    exponential, lognormal,
					   long_tail, disturbed, student };
	const size_t runs[] = { 8, 10, 12, 20, 27, 50 };

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		for (size_t k = 0; k < ARRAY_SIZE(runs); k++)
			assert_in_range(count_found(shapes[i], 0.05, 1, 0, runs[k]), 0,
					SAMPLES / 100 + 25); /* four standard errors */
}

static void test_power(void **state)
{
	/* 19 of 20, as promised, with the spread of a quiet machine; and what comes with more noise. */
	assert_in_range(count_found(normal, 0.02, 1.5, 0.5, 20), SAMPLES * 19 / 20, SAMPLES);
	assert_in_range(count_found(normal, 0.03, 1.5, 0.5, 20), SAMPLES * 19 / 20, SAMPLES);
	assert_in_range(count_found(normal, 0.05, 1.5, 0.5, 30), SAMPLES * 19 / 20, SAMPLES);
	assert_in_range(count_found(normal, 0.02, 1.5, 0.5, 12), SAMPLES * 9 / 10, SAMPLES);
}

static void test_groups(void **state)
{
	const double times[] = { 620, 215, 217, 618, 214, 622, NAN, 216, 619, 213, 621 };
	const double even[] = { 100, 101, 99, 100, 102, 98, 100, 101, 99, 100 };
	const double few[] = { 100, 200, 100, 200, 100, 200, 100 };
	struct modes modes;

	assert_true(modes_find(times, ARRAY_SIZE(times), &modes));
	assert_float_equal(modes.low, 215, 0.01);
	assert_float_equal(modes.high, 620, 0.01);
	assert_int_equal(modes.low_count, 5);
	assert_int_equal(modes.high_count, 5);
	assert_false(modes.in_stretches);
	assert_false(modes_find(even, ARRAY_SIZE(even), &modes));
	assert_false(modes_find(few, ARRAY_SIZE(few), &modes));
}

/* The machine is fast for a while, then slow: not the program's two modes. */
static void test_stretches(void **state)
{
	const double times[] = { 100, 101, 99, NAN, 102, 100, 98, 160, 161, 159, 162, 160, 158 };
	struct modes modes;

	assert_true(modes_find(times, ARRAY_SIZE(times), &modes));
	assert_true(modes.in_stretches);
	assert_true(modes.border > 102 && modes.border < 158);
}

static void test_dip(void **state)
{
	const double same[] = { 1, 1, 1, 1 };
	const double line[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	const double two[] = { 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 };
	const double uneven[] = { 0, 0, 1, 1 };

	assert_float_equal(modes_dip(same, 4), 0.125, 1e-12);
	assert_float_equal(modes_dip(line, 10), 0.05, 1e-12);
	assert_float_equal(modes_dip(two, 10), 0.25, 1e-12);
	assert_float_equal(modes_dip(uneven, 4), 0.25, 1e-12);
	assert_true(isnan(modes_dip(line, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarms), cmocka_unit_test(test_power),
		cmocka_unit_test(test_groups),       cmocka_unit_test(test_stretches),
		cmocka_unit_test(test_dip),
	};

	random_init(&generator, 20240601);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
