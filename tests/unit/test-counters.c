/* SPDX-License-Identifier: MIT */
#include "probe/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

static void test_value(void **state)
{
	const struct counter_reading whole = { 42, 1000, 1000 }, none = { 0, 1000, 1000 };
	const struct counter_reading never = { 0, 0, 0 }, shared = { 42, 1000, 999 };

	assert_true(counter_value(&whole) == 42);
	assert_true(counter_value(&none) == 0);
	assert_true(isnan(counter_value(&never)));
	assert_true(isnan(counter_value(&shared)));
}

static void test_impossible(void **state)
{
	/* No machine has this type of event. */
	const struct counter_spec spec = { .metric = METRIC_CYCLES,
					   .type = 0xfffffff0,
					   .name = "impossible" };
	struct counters counters = COUNTERS_INIT;
	struct error err = ERROR_INIT;

	assert_true(counters_open(&counters, &spec, 1, getpid(), PROBE_AT_ENABLE, &err) < 0);
	assert_int_equal(counters.count, 0);
	assert_int_equal(err.kind, ERROR_MACHINE);
	assert_non_null(err.message);
	error_release(&err);
}

static void touch_pages(int count)
{
	long page_bytes = sysconf(_SC_PAGESIZE);
	char *pages = test_malloc((size_t)(count * page_bytes));

	for (int i = 0; i < count; i++)
		((volatile char *)pages)[i * page_bytes] = 1;
	test_free(pages);
}

/* Needs leave to count one's own page faults; most machines give it. */
static void test_optional_and_phases(void **state)
{
	const struct counter_spec specs[] = {
		{ .metric = METRIC_MINOR_FAULTS,
		  .type = PERF_TYPE_SOFTWARE,
		  .config = PERF_COUNT_SW_PAGE_FAULTS_MIN,
		  .name = "minor-faults" },
		{ .metric = METRIC_CYCLES,
		  .type = 0xfffffff0,
		  .name = "impossible",
		  .optional = true },
	};
	struct counters counters = COUNTERS_INIT;
	struct metrics metrics;

	if (counters_open(&counters, specs, 2, getpid(), PROBE_AT_ENABLE, NULL) < 0)
		skip();
	assert_int_equal(counters.count, 1);
	metrics_init(&metrics);
	counters_read(&counters, &metrics);
	assert_true(isnan(metrics.value[METRIC_MINOR_FAULTS])); /* not enabled yet: not 0 */

	counters_enable(&counters);
	touch_pages(1000);
	counters_disable(&counters);
	counters_read(&counters, &metrics);
	double faults = metrics.value[METRIC_MINOR_FAULTS];
	assert_true(faults >= 1);
	touch_pages(1000);
	counters_read(&counters, &metrics);
	assert_true(metrics.value[METRIC_MINOR_FAULTS] == faults);
	assert_true(isnan(metrics.value[METRIC_CYCLES]));
	counters_close(&counters);
	assert_int_equal(counters.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_optional_and_phases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
