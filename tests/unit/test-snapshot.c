/* SPDX-License-Identifier: MIT */
#include "probe/bpf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SQUARE_UNIT = 32 };

/* As the programs in the kernel note a fault that took so long and stands for so many. */
static void note(struct tax_snapshot *snapshot, int stratum, uint64_t weight, uint64_t ns)
{
	struct tax_samples *samples = &snapshot->total.samples[stratum];

	samples->weights += weight;
	samples->squared_weights += weight * weight;
	samples->cpu_ns += weight * ns;
	samples->squares += weight * (ns / SQUARE_UNIT) * (ns / SQUARE_UNIT);
}

static struct tax_snapshot snapshot_of(uint64_t first_touches, uint64_t refaults)
{
	struct tax_snapshot snapshot = { .features = TAX_SEES_FAULT_TIME };

	snapshot.total.faults[TAX_FAULT_FIRST] = first_touches;
	snapshot.total.faults[TAX_FAULT_DONTNEED] = refaults;
	return snapshot;
}

static void assert_near(double value, double expected)
{
	if (!(fabs(value - expected) <= 1e-9 * expected))
		fail_msg("%f is not %f", value, expected);
}

static void unmeasured_is_not_zero(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 0);

	tax_estimate_fault_time(&snapshot);
	assert_true(isnan(snapshot.fault_ns));
	assert_true(isnan(snapshot.fault_error_ns));
	note(&snapshot, TAX_FAULT_FIRST, 1, 640);
	tax_estimate_fault_time(&snapshot);
	assert_true(isnan(snapshot.fault_ns));

	snapshot.total = (struct tax_row){ .faults = { [TAX_FAULT_FIRST] = 1000 } };
	note(&snapshot, TAX_FAULT_FIRST, 8, 640);
	tax_estimate_fault_time(&snapshot);
	assert_true(isnan(snapshot.fault_ns));

	note(&snapshot, TAX_FAULT_FIRST, 8, 640);
	snapshot.features = 0;
	tax_estimate_fault_time(&snapshot);
	assert_true(isnan(snapshot.fault_ns));
}

static void each_class_has_its_own_time(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 500);

	for (int i = 0; i < 10; i++) {
		note(&snapshot, TAX_FAULT_FIRST, 1, 640);
		note(&snapshot, TAX_FAULT_DONTNEED, 1, 3200);
	}
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 1000 * 640.0 + 500 * 3200.0);
	assert_near(snapshot.fault_error_ns + 1, 1);
}

static void a_class_without_timed_faults_gets_the_mean_of_all(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 500);

	note(&snapshot, TAX_FAULT_FIRST, 1, 320);
	note(&snapshot, TAX_FAULT_FIRST, 1, 960);
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 1500 * 640.0);
}

/* The start of a long run has many timed faults, each of which stands for few. */
static void faults_count_by_weight(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 0);

	for (int i = 0; i < 80; i++)
		note(&snapshot, TAX_FAULT_FIRST, 1, 6400);
	for (int i = 0; i < 40; i++)
		note(&snapshot, TAX_FAULT_FIRST, 8, 640);
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 1000 * (80 * 6400.0 + 320 * 640.0) / 400);
}

/* Half of 95%: 1.96 standard deviations of the mean, times the faults. */
static void the_error_is_that_of_a_mean(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 0);

	for (int i = 0; i < 50; i++) {
		note(&snapshot, TAX_FAULT_FIRST, 1, 320);
		note(&snapshot, TAX_FAULT_FIRST, 1, 960);
	}
	tax_estimate_fault_time(&snapshot);
	/* A tenth of them was timed itself. */
	assert_near(snapshot.fault_error_ns, 1000 * 1.96 * 320 / sqrt(99) * sqrt(0.9));
}

static void a_weight_does_not_make_it_smaller(void **state)
{
	struct tax_snapshot light = snapshot_of(1000, 0), heavy = light;

	for (int i = 0; i < 50; i++) {
		note(&light, TAX_FAULT_FIRST, 1, i % 2 ? 320 : 960);
		note(&heavy, TAX_FAULT_FIRST, 8, i % 2 ? 320 : 960);
	}
	tax_estimate_fault_time(&light);
	tax_estimate_fault_time(&heavy);
	assert_near(heavy.fault_error_ns, light.fault_error_ns);
	for (int i = 0; i < 50; i++)
		note(&heavy, TAX_FAULT_FIRST, 1, i % 2 ? 320 : 960);
	tax_estimate_fault_time(&heavy);
	assert_true(heavy.fault_error_ns < light.fault_error_ns);
	assert_true(heavy.fault_error_ns > light.fault_error_ns * sqrt(0.5));
}

/* Few that take long among many: by the mean of all, 10 huge pages in windows of many small ones would be lost. */
static void huge_pages_have_a_time_of_their_own(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(100000, 0);

	snapshot.total.huge_faults[TAX_FAULT_FIRST] = 10;
	for (int i = 0; i < 1000; i++)
		note(&snapshot, TAX_FAULT_FIRST, 8, 640);
	for (int i = 0; i < 2; i++)
		note(&snapshot, TAX_STRATUM_HUGE, i ? 1 : 4, 3200000);
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 99990 * 640.0 + 10 * 3200000.0);
	assert_true(isnan(snapshot.fault_error_ns));
	note(&snapshot, TAX_STRATUM_HUGE, 4, 3200000);
	tax_estimate_fault_time(&snapshot);
	assert_true(snapshot.fault_error_ns >= 0);
}

/* Entry and exit of a fault lie outside of what was timed; how far, is uncertain for all faults alike. */
static void each_fault_takes_what_lies_outside(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 0);

	note(&snapshot, TAX_FAULT_FIRST, 1, 640);
	note(&snapshot, TAX_FAULT_FIRST, 1, 640);
	snapshot.outside = (struct tax_outside){ .ns = 100, .error_ns = 20 };
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 1000 * 740.0);
	assert_near(snapshot.fault_error_ns, 1000 * 20.0);
	snapshot.outside.ns = -100;
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 1000 * 540.0);
}

/* What was timed itself is known. */
static void a_whole_sample_has_no_error(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(2, 0);

	note(&snapshot, TAX_FAULT_FIRST, 1, 320);
	note(&snapshot, TAX_FAULT_FIRST, 1, 960);
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 1280);
	assert_true(snapshot.fault_error_ns < 1);
}

static void major_faults_come_on_top(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 0);

	note(&snapshot, TAX_FAULT_FIRST, 1, 640);
	note(&snapshot, TAX_FAULT_FIRST, 1, 640);
	snapshot.total.majors = 6;
	snapshot.total.timed_majors = 3;
	snapshot.total.major_cpu_ns = 30000;
	tax_estimate_fault_time(&snapshot);
	/* 994 minor ones, and 6 major ones with their own time. */
	assert_near(snapshot.fault_ns, 994 * 640.0 + 60000);
}

/* A program in phases: the faults of a window are alike, and those of another window dearer or cheaper. */
static double draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(*state >> 11) / (double)(1ull << 53);
}

/*
 * Estimates from windows of such a program, many times over, lie as far from the truth as their error says: 19 of 20 within
 * it. The error of samples taken to be independent would hold of few.
 */
static void the_error_holds_of_repeated_runs(void **state)
{
	enum { RUNS = 2000, WINDOWS = 40, FAULTS = 500, WEIGHT = 50 };
	const double mean_ns = 1500;
	uint64_t random = 42;
	int within = 0;

	for (int run = 0; run < RUNS; run++) {
		struct tax_snapshot snapshot = snapshot_of(1000000, 0);
		struct tax_window_sum sums[WINDOWS];

		for (int i = 0; i < WINDOWS; i++) {
			double own_ns = 1000 + 1000 * draw(&random);

			sums[i] = (struct tax_window_sum){ WEIGHT, FAULTS, 0 };
			for (int j = 0; j < FAULTS; j++) {
				double ns = own_ns + 100 * draw(&random) - 50;

				sums[i].cpu_ns += ns;
				note(&snapshot, TAX_FAULT_FIRST, WEIGHT, (uint64_t)ns);
			}
		}
		snapshot.mean_variance = tax_windows_variance(sums, WINDOWS);
		tax_estimate_fault_time(&snapshot);
		within += fabs(snapshot.fault_ns - 1000000 * mean_ns) <= snapshot.fault_error_ns;
	}
	assert_in_range(within, RUNS * 92 / 100, RUNS * 98 / 100);
}

static void what_was_left_out_is_said(void **state)
{
	struct tax_snapshot snapshot = { .features = TAX_SEES_PAGES | TAX_SEES_HUGE };
	char *text = tax_snapshot_note(&snapshot);

	assert_null(text);
	snapshot.losses.forks = 2;
	text = tax_snapshot_note(&snapshot);
	assert_non_null(strstr(text, "2 forks were not followed"));
	assert_null(strstr(text, "huge pages"));
	free(text);
	snapshot.losses.forks = 0;
	snapshot.losses.forgotten = 1;
	text = tax_snapshot_note(&snapshot);
	assert_non_null(strstr(text, "1 time it forgot"));
	assert_null(strstr(text, "forks"));
	free(text);
	snapshot.features = TAX_SEES_PAGES;
	snapshot.losses.forgotten = 0;
	text = tax_snapshot_note(&snapshot);
	assert_non_null(strstr(text, "huge pages of sizes"));
	free(text);
}

static void windows_that_leave_no_time_out_have_no_error(void **state)
{
	const struct tax_window_sum all[] = {
		{ 1, 10, 5000 }, { 1, 10, 9000 }, { 1, 10, 7000 }, { 1, 10, 1000 }
	};
	const struct tax_window_sum part[] = {
		{ 1, 10, 5000 }, { 8, 10, 9000 }, { 8, 10, 7000 }, { 1, 10, 1000 }
	};

	assert_true(tax_windows_variance(all, 4) == 0);
	assert_true(tax_windows_variance(part, 4) > 0);
}

static void few_windows_tell_no_variance(void **state)
{
	const struct tax_window_sum sums[] = { { 1, 10, 5000 }, { 1, 10, 9000 }, { 8, 10, 7000 } };

	assert_true(isnan(tax_windows_variance(sums, 3)));
	assert_true(isnan(tax_windows_variance(NULL, 0)));
}

static void rows_add_up(void **state)
{
	struct tax_snapshot one = snapshot_of(1000, 500), sum = snapshot_of(0, 0);

	note(&one, TAX_FAULT_FIRST, 3, 640);
	note(&one, TAX_FAULT_FIRST, 3, 640);
	note(&one, TAX_FAULT_DONTNEED, 2, 3200);
	tax_row_add(&sum.total, &one.total);
	tax_row_add(&sum.total, &one.total);
	tax_estimate_fault_time(&one);
	tax_estimate_fault_time(&sum);
	assert_near(sum.fault_ns, 2 * one.fault_ns);
	assert_int_equal(sum.total.samples[TAX_FAULT_FIRST].squared_weights, 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unmeasured_is_not_zero),
		cmocka_unit_test(each_class_has_its_own_time),
		cmocka_unit_test(huge_pages_have_a_time_of_their_own),
		cmocka_unit_test(a_whole_sample_has_no_error),
		cmocka_unit_test(each_fault_takes_what_lies_outside),
		cmocka_unit_test(a_class_without_timed_faults_gets_the_mean_of_all),
		cmocka_unit_test(faults_count_by_weight),
		cmocka_unit_test(the_error_is_that_of_a_mean),
		cmocka_unit_test(a_weight_does_not_make_it_smaller),
		cmocka_unit_test(major_faults_come_on_top),
		cmocka_unit_test(the_error_holds_of_repeated_runs),
		cmocka_unit_test(what_was_left_out_is_said),
		cmocka_unit_test(windows_that_leave_no_time_out_have_no_error),
		cmocka_unit_test(few_windows_tell_no_variance),
		cmocka_unit_test(rows_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
