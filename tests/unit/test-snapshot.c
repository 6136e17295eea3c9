/* SPDX-License-Identifier: MIT */
#include "probe/bpf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SQUARE_UNIT = 32 };

/* As the programs in the kernel note a fault that took so long and stands for so many. */
static void note(struct tax_snapshot *snapshot, enum tax_fault_class class, uint64_t weight,
		 uint64_t ns)
{
	struct tax_samples *samples = &snapshot->total.samples[class];

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
	assert_near(snapshot.fault_error_ns, 1000 * 1.96 * 320 / sqrt(99));
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

static void major_faults_come_on_top(void **state)
{
	struct tax_snapshot snapshot = snapshot_of(1000, 0);

	note(&snapshot, TAX_FAULT_FIRST, 1, 640);
	note(&snapshot, TAX_FAULT_FIRST, 1, 640);
	snapshot.total.majors = 6;
	snapshot.total.timed_majors = 3;
	snapshot.total.major_cpu_ns = 30000;
	tax_estimate_fault_time(&snapshot);
	assert_near(snapshot.fault_ns, 1000 * 640.0 + 60000);
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
		cmocka_unit_test(a_class_without_timed_faults_gets_the_mean_of_all),
		cmocka_unit_test(faults_count_by_weight),
		cmocka_unit_test(the_error_is_that_of_a_mean),
		cmocka_unit_test(a_weight_does_not_make_it_smaller),
		cmocka_unit_test(major_faults_come_on_top),
		cmocka_unit_test(rows_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
