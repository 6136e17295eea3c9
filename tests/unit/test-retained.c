/* SPDX-License-Identifier: MIT */
/* Looks at memory as rows of a document, and what the rule makes of them. */
#include "run/retained.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "heap/glibc-heap.h"
#include "model/document.h"

#define MIB (1024.0 * 1024)

static struct memory_look made_up_look(void)
{
	struct memory_look look = { .state = HEAP_READ };
	struct glibc_heap *heap = &look.heap;
	struct glibc_class *small = &heap->classes[glibc_class_of(112)];

	look.kinds.resident_bytes[MEMORY_BRK] = 90 << 20;
	look.kinds.resident_bytes[MEMORY_FILE] = 10 << 20;
	look.kinds.all_resident_bytes = 100 << 20;
	heap->arenas = 1;
	heap->system_bytes = heap->walked_bytes = 90 << 20;
	heap->live = 100;
	heap->live_bytes = 11200;
	heap->resident_free_bytes = 80 << 20;
	heap->held_bytes = 60 << 20;
	heap->trim_bytes = 20 << 20;
	heap->has_parameters = heap->has_dynamic_threshold = true;
	heap->mmap_threshold = 32 << 20;
	heap->trim_threshold = UINT64_MAX;
	small->live = 100;
	small->live_bytes = 11200;
	small->held_bytes = 60 << 20;
	/* Too little to be named. */
	heap->classes[glibc_class_of(32)].held_bytes = 1000;
	return look;
}

static void a_look_becomes_a_row(void **state)
{
	const struct memory_look look = made_up_look();
	struct retained row;

	retained_init(&row);
	retained_from_look(&row, &look);
	assert_true(row.value[RETAINED_RESIDENT] == 100 * MIB);
	assert_true(row.value[RETAINED_TRIM] == 20 * MIB);
	assert_true(row.value[RETAINED_MMAP_THRESHOLD] == 32 * MIB);
	/* "Never": no number that a document keeps. */
	assert_true(isnan(row.value[RETAINED_TRIM_THRESHOLD]));
	assert_false(row.thresholds_fixed);
	assert_int_equal(row.size_count, 1);
	assert_true(row.sizes[0].block_bytes == 104);
	assert_true(row.sizes[0].held_bytes == 60 * MIB);
	assert_null(row.doubt);
	assert_null(row.unknown);
	retained_release(&row);
}

static void doubts_and_what_is_unknown_are_said(void **state)
{
	struct memory_look look = made_up_look();
	struct retained row;

	look.heap.skipped_bytes = 4096;
	retained_init(&row);
	retained_from_look(&row, &look);
	assert_non_null(strstr(row.doubt, "4.00 KiB of its heap are no blocks"));
	retained_release(&row);

	look.heap.skipped_bytes = 0;
	look.heap.walked_bytes /= 2;
	retained_init(&row);
	retained_from_look(&row, &look);
	assert_non_null(strstr(row.doubt, "45.0 MiB of its heap were not found"));
	retained_release(&row);

	look.state = HEAP_NOT_FOUND;
	retained_init(&row);
	retained_from_look(&row, &look);
	assert_true(isnan(row.value[RETAINED_TRIM]));
	assert_true(row.value[RETAINED_RESIDENT] == 100 * MIB);
	assert_non_null(row.unknown);
	retained_release(&row);

	look.state = HEAP_DAMAGED;
	retained_init(&row);
	retained_from_look(&row, &look);
	assert_non_null(strstr(row.unknown, "contradictory"));
	retained_release(&row);
}

static void rows_are_written_and_read(void **state)
{
	const struct memory_look look = made_up_look();
	struct result result, again;
	struct strbuf written = STRBUF_INIT, rewritten = STRBUF_INIT;
	struct error err = ERROR_INIT;

	result_init(&result);
	result.kind = RESULT_EXPLAIN;
	result.tool_version = xstrdup("0");
	result.command.name = xstrdup("explain");
	result.command.started = xstrdup("2026-01-01T00:00:00Z");
	result_add_contender(&result)->name = xstrdup("self");
	result_add_case(&result)->name = xstrdup("command");
	result_add_run(&result)->round = 1;
	struct retained *row = result_add_retained(&result);
	row->when = RETAINED_LAST;
	row->pid = 77;
	row->after_ns = 5e8;
	row->doubt = xstrdup("it \"changed\"");
	free(row->doubt);
	row->doubt = NULL;
	retained_from_look(row, &look);
	document_write(&result, &written);
	int r = document_parse(written.buf, written.len, "a document", &again, &err);
	if (r < 0)
		print_error("%s\n", err.message);
	assert_int_equal(r, 0);
	assert_int_equal(again.retained_count, 1);
	assert_int_equal(again.retained[0].when, RETAINED_LAST);
	assert_int_equal(again.retained[0].pid, 77);
	assert_true(again.retained[0].sizes[0].held_bytes == 60 * MIB);
	document_write(&again, &rewritten);
	assert_string_equal(written.buf, rewritten.buf);
	strbuf_release(&written);
	strbuf_release(&rewritten);
	result_release(&result);
	result_release(&again);
}

/* At this process: a look by a thread, and the rows that come of it. */
static void a_watch_takes_looks_while_it_is_ticked(void **state)
{
	struct retained_watch *watch = xcalloc(1, sizeof(*watch));
	struct result result;

	result_init(&result);
	result_add_run(&result);
	for (uint64_t now_ns = 1; !watch->last.taken && now_ns < 3000; now_ns++) {
		retained_watch_tick(watch, getpid(), now_ns * 10000000);
		usleep(10000);
	}
	assert_true(watch->last.taken);
	retained_watch_finish(watch, &result, 0);
	assert_true(result.retained_count >= 1);
	assert_int_equal(result.retained[0].when, RETAINED_PEAK);
	assert_true(result.retained[0].value[RETAINED_RESIDENT] > 0);
	assert_int_equal(result.note_count, 1);
	assert_non_null(strstr(result.notes[0], "times while it ran"));
	result_release(&result);
	free(watch);
}

static void a_watch_without_a_look_says_so(void **state)
{
	struct retained_watch *watch = xcalloc(1, sizeof(*watch));
	struct result result;

	result_init(&result);
	result_add_run(&result);
	retained_watch_tick(watch, getpid(), 1);
	retained_watch_finish(watch, &result, 0);
	assert_int_equal(result.retained_count, 0);
	assert_int_equal(result.note_count, 1);
	result_release(&result);
	free(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_becomes_a_row),
		cmocka_unit_test(doubts_and_what_is_unknown_are_said),
		cmocka_unit_test(rows_are_written_and_read),
		cmocka_unit_test(a_watch_takes_looks_while_it_is_ticked),
		cmocka_unit_test(a_watch_without_a_look_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
