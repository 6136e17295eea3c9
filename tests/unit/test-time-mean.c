/* SPDX-License-Identifier: MIT */
#include "stats/time-mean.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void test_time_mean(void **state)
{
	struct time_mean mean = TIME_MEAN_INIT;

	assert_true(isnan(time_mean_value(&mean)));
	time_mean_add(&mean, 1000, 10);
	assert_true(isnan(time_mean_value(&mean)));
	time_mean_add(&mean, 1000, 20);
	assert_true(isnan(time_mean_value(&mean)));
	/* 20 for 10, then a line from 20 to 40 over 20: (200 + 600) / 30. */
	time_mean_add(&mean, 1010, 20);
	time_mean_add(&mean, 1030, 40);
	assert_true(fabs(time_mean_value(&mean) - 800.0 / 30) < 1e-9);
}

static void test_time_mean_uneven(void **state)
{
	struct time_mean mean = TIME_MEAN_INIT;

	/* Many samples of a short peak do not outweigh a long plateau. */
	time_mean_add(&mean, 0, 1);
	time_mean_add(&mean, 1000, 1);
	for (uint64_t t = 1001; t < 1010; t++)
		time_mean_add(&mean, t, 100);
	assert_true(time_mean_value(&mean) < 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_mean),
		cmocka_unit_test(test_time_mean_uneven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
