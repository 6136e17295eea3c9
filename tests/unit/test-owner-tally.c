/* SPDX-License-Identifier: MIT */
#include "run/owner-tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIRST (TAX_CALLS + TAX_FAULT_FIRST)
#define COPY (TAX_CALLS + TAX_FAULT_COW)

static void add(struct owner_tally *tally, uint32_t kind, enum tax_area area, enum owner by_stack,
		uint64_t pages)
{
	const struct stack_trace trace = {
		.kind = kind, .area = area, .pages = pages, .samples = pages
	};

	assert_true(owner_tally_wants(&trace));
	owner_tally_add(tally, &trace, by_stack);
}

/* The part in percent of an owner in what was added. */
static double part_of(struct owner_tally *tally, enum metric_id metric, enum owner owner)
{
	struct result result;
	double part = 0;

	result_init(&result);
	result_add_run(&result);
	owner_tally_take(tally, &result);
	for (size_t i = 0; i < result.owner_share_count; i++)
		if (result.owner_shares[i].metric == metric &&
		    result.owner_shares[i].owner == owner) {
			part = 100 * result.owner_shares[i].part;
			assert_true(result.owner_shares[i].error > 0);
		}
	result_release(&result);
	return part;
}

static void a_fault_is_the_mappings(void **state)
{
	struct owner_tally *tally = owner_tally_new();

	add(tally, FIRST, TAX_AREA_CODE, OWNER_MAPPING, 10);
	add(tally, FIRST, TAX_AREA_FILE, OWNER_MAPPING, 20);
	add(tally, FIRST, TAX_AREA_STACK, OWNER_MAPPING, 30);
	add(tally, FIRST, TAX_AREA_HEAP, OWNER_MAPPING, 40);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_EXEC), 10, 1e-9);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_FILES), 20, 1e-9);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_THREADS), 30, 1e-9);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_ALLOCATOR), 40, 1e-9);
	owner_tally_free(tally);
}

static void anonymous_memory_is_its_mappers(void **state)
{
	struct owner_tally *tally = owner_tally_new();

	add(tally, FIRST, TAX_AREA_MAPPED, OWNER_MAPPING, 30);
	add(tally, FIRST, TAX_AREA_MAPPED, OWNER_ALLOCATOR, 10);
	/* Of these it is not known: they are shared out alike. */
	add(tally, FIRST, TAX_AREA_ANONYMOUS, OWNER_UNKNOWN, 60);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_MAPPING), 75, 1e-9);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_ALLOCATOR), 25, 1e-9);
	owner_tally_free(tally);
}

static void nothing_unplaced_is_the_loaders(void **state)
{
	struct owner_tally *tally = owner_tally_new();

	add(tally, FIRST, TAX_AREA_MAPPED, OWNER_EXEC, 1);
	add(tally, FIRST, TAX_AREA_ANONYMOUS, OWNER_UNKNOWN, 99);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_EXEC), 1, 1e-9);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_ALLOCATOR), 99, 1e-9);
	add(tally, FIRST, TAX_AREA_MAPPED, OWNER_MAPPING, 100);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_EXEC), 0.5, 1e-9);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_MAPPING), 99.5, 1e-9);
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_ALLOCATOR), 0, 1e-9);
	owner_tally_free(tally);
}

static void what_was_there_before_is_nobodys(void **state)
{
	struct owner_tally *tally = owner_tally_new();

	add(tally, TAX_CALLS + TAX_FAULT_UNKNOWN, TAX_AREA_ANONYMOUS, OWNER_MAPPING, 10);
	assert_float_equal(part_of(tally, METRIC_UNKNOWN_FAULTS, OWNER_UNKNOWN), 100, 1e-9);
	owner_tally_free(tally);
}

static void a_copy_is_the_forks(void **state)
{
	struct owner_tally *tally = owner_tally_new();

	add(tally, COPY, TAX_AREA_HEAP, OWNER_ALLOCATOR, 10);
	assert_float_equal(part_of(tally, METRIC_COW_FAULTS, OWNER_FORK), 100, 1e-9);
	owner_tally_free(tally);
}

static void a_call_is_its_callers(void **state)
{
	struct owner_tally *tally = owner_tally_new();

	add(tally, TAX_STACK_CALL + TAX_CALL_MMAP, TAX_AREA_ANONYMOUS, OWNER_THREADS, 25);
	add(tally, TAX_STACK_CALL + TAX_CALL_MMAP, TAX_AREA_FILE, OWNER_MAPPING, 25);
	add(tally, TAX_STACK_CALL + TAX_CALL_MMAP, TAX_AREA_FILE, OWNER_EXEC, 50);
	assert_float_equal(part_of(tally, METRIC_MMAP_CALLS, OWNER_THREADS), 25, 1e-9);
	assert_float_equal(part_of(tally, METRIC_MMAP_CALLS, OWNER_FILES), 25, 1e-9);
	assert_float_equal(part_of(tally, METRIC_MMAP_CALLS, OWNER_EXEC), 50, 1e-9);
	owner_tally_free(tally);
}

static void purges_and_refaults_are_no_part_of_it(void **state)
{
	const struct stack_trace purge = { .kind = TAX_CALL_MUNMAP };
	const struct stack_trace refault = { .kind = TAX_CALLS + TAX_FAULT_MUNMAP };
	struct owner_tally *tally = owner_tally_new();

	assert_false(owner_tally_wants(&purge));
	assert_false(owner_tally_wants(&refault));
	assert_float_equal(part_of(tally, METRIC_FIRST_TOUCH_FAULTS, OWNER_UNKNOWN), 0, 0);
	owner_tally_free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_the_mappings),
		cmocka_unit_test(anonymous_memory_is_its_mappers),
		cmocka_unit_test(nothing_unplaced_is_the_loaders),
		cmocka_unit_test(what_was_there_before_is_nobodys),
		cmocka_unit_test(a_copy_is_the_forks),
		cmocka_unit_test(a_call_is_its_callers),
		cmocka_unit_test(purges_and_refaults_are_no_part_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
