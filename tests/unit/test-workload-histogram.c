/* SPDX-License-Identifier: MIT */
/* The histogram's buckets and quantiles, against sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/random.h"
#include "histogram.h"

static struct histogram histogram, other;

static int setup(void **state)
{
	(void)state;
	histogram_clear(&histogram);
	histogram_clear(&other);
	return 0;
}

/* Buckets never go down, are never skipped, and hold values within 1/64 of their own. */
static void test_buckets(void **state)
{
	unsigned int before = 0;

	(void)state;
	for (uint64_t value = 0; value < (UINT64_C(1) << 41); value += 1 + value / 997) {
		unsigned int bucket = histogram_bucket(value);
		assert_true(bucket < HISTOGRAM_BUCKETS);
		assert_true(bucket == before || bucket == before + 1);
		before = bucket;
		if (value >> HISTOGRAM_MAX_BITS)
			continue;
		uint64_t shown = histogram_bucket_value(bucket);
		uint64_t off = shown > value ? shown - value : value - shown;
		assert_true(off <= value / 64);
	}
	assert_int_equal(before, HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void test_small(void **state)
{
	(void)state;
	assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
	histogram_add(&histogram, 0);
	assert_int_equal(histogram_quantile(&histogram, 0.99), 0);
	for (uint64_t i = 1; i < 100; i++)
		histogram_add(&histogram, i);
	/* 0 to 99: nearest rank. */
	assert_int_equal(histogram_quantile(&histogram, 0.0), 0);
	assert_int_equal(histogram_quantile(&histogram, 0.5), 49);
	assert_int_equal(histogram_quantile(&histogram, 0.99), 98);
	assert_int_equal(histogram_quantile(&histogram, 1.0), 99);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_against_sorted(void **state)
{
	static uint64_t values[100000];
	static const double shares[] = { 0.01, 0.25, 0.5, 0.9, 0.99, 0.999 };
	struct random random;

	(void)state;
	random_init(&random, 7);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		values[i] = random_u64(&random) >> (24 + random_below(&random, 40));
		histogram_add(i % 2 ? &histogram : &other, values[i]);
	}
	histogram_merge(&histogram, &other);
	assert_int_equal(histogram.count, ARRAY_SIZE(values));
	qsort(values, ARRAY_SIZE(values), sizeof(values[0]), by_value);
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		double exact = (double)values[(size_t)(shares[i] * ARRAY_SIZE(values)) - 1];
		double got = (double)histogram_quantile(&histogram, shares[i]);
		assert_true(got >= exact * 63 / 64 - 1 && got <= exact * 65 / 64 + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_buckets, setup),
		cmocka_unit_test_setup(test_small, setup),
		cmocka_unit_test_setup(test_against_sorted, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
