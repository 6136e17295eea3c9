/* SPDX-License-Identifier: MIT */
/* Which part of the calls of futex is the allocator's, by stacks. */
#include "run/lock-tally.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "bpf/tax.h"

static const struct frame frames[] = {
	{ .function = (char[]){ "work" }, .role = FRAME_PROGRAM },
	{ .function = (char[]){ "malloc" }, .role = FRAME_ALLOCATOR },
	{ .function = (char[]){ "pthread_mutex_lock" }, .role = FRAME_RUNTIME },
	{ .function = (char[]){ "background_thread_entry" }, .role = FRAME_ALLOCATOR },
};
static uint32_t in_malloc[] = { 2, 1, 0 }, own[] = { 2, 0 }, idle[] = { 2, 3 };

static void add(struct lock_tally *tally, uint32_t kind, uint64_t weight, uint64_t samples,
		uint32_t *at, size_t count)
{
	const struct stack_trace trace = {
		.kind = kind,
		.pages = weight,
		.samples = samples,
		.frames = at,
		.frame_count = count,
	};

	lock_tally_add(tally, &trace, frames);
}

static struct metrics with_calls(double calls, double ns, double wait_ns)
{
	struct metrics metrics;

	metrics_init(&metrics);
	metrics.value[METRIC_FUTEX_CALLS] = calls;
	metrics.value[METRIC_FUTEX_NS] = ns;
	metrics.value[METRIC_FUTEX_WAIT_NS] = wait_ns;
	return metrics;
}

/* Calls and waits are weighed apart: a thread that sleeps long outside makes few calls. */
static void each_is_split_by_its_own_stacks(void **state)
{
	struct metrics metrics = with_calls(1000, 5000, 80000);
	struct lock_tally tally = { 0 };

	add(&tally, TAX_CALL_FUTEX, 300, 75, in_malloc, ARRAY_SIZE(in_malloc));
	add(&tally, TAX_CALL_FUTEX, 100, 25, own, ARRAY_SIZE(own));
	add(&tally, TAX_CALL_WAIT, 10, 5, in_malloc, ARRAY_SIZE(in_malloc));
	add(&tally, TAX_CALL_WAIT, 70, 5, own, ARRAY_SIZE(own));
	/* Pages that went are none of this. */
	add(&tally, TAX_CALL_MUNMAP, 5000, 5, in_malloc, ARRAY_SIZE(in_malloc));
	lock_tally_metrics(&tally, &metrics);
	assert_float_equal(metrics.value[METRIC_ALLOCATOR_LOCK_CALLS], 750, 1e-9);
	assert_float_equal(metrics.value[METRIC_ALLOCATOR_LOCK_NS], 3750, 1e-9);
	assert_float_equal(metrics.value[METRIC_ALLOCATOR_LOCK_WAIT_NS], 10000, 1e-9);
	assert_float_equal(metrics.value[METRIC_ALLOCATOR_LOCK_ERROR],
			   1000 * sqrt(0.75 * 0.25 / 100), 1e-9);
}

/* jemalloc's own thread sleeps inside of it. */
static void who_sleeps_for_want_of_work_waits_for_nobody(void **state)
{
	struct metrics metrics = with_calls(10, 10, 1000);
	struct lock_tally tally = { 0 };

	add(&tally, TAX_CALL_FUTEX, 10, 10, idle, ARRAY_SIZE(idle));
	add(&tally, TAX_CALL_WAIT, 1000, 10, idle, ARRAY_SIZE(idle));
	lock_tally_metrics(&tally, &metrics);
	assert_float_equal(metrics.value[METRIC_ALLOCATOR_LOCK_CALLS], 0, 0);
	assert_float_equal(metrics.value[METRIC_ALLOCATOR_LOCK_WAIT_NS], 0, 0);
}

static void what_was_not_seen_is_not_known(void **state)
{
	struct metrics none = with_calls(0, 0, 0), unseen = with_calls(10, 10, 10);
	struct lock_tally tally = { 0 };

	lock_tally_metrics(&tally, &none);
	lock_tally_metrics(&tally, &unseen);
	assert_float_equal(none.value[METRIC_ALLOCATOR_LOCK_CALLS], 0, 0);
	assert_true(isnan(unseen.value[METRIC_ALLOCATOR_LOCK_CALLS]));
	assert_true(isnan(unseen.value[METRIC_ALLOCATOR_LOCK_WAIT_NS]));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_split_by_its_own_stacks),
		cmocka_unit_test(who_sleeps_for_want_of_work_waits_for_nobody),
		cmocka_unit_test(what_was_not_seen_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
