/* SPDX-License-Identifier: MIT */
/* An identification on its way from the child that made it: whole, cut short, and made up. */
#include "identify/wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/analysis.h"

static void fill(struct identification *ret)
{
	*ret = (struct identification){
		.kind = "script",
		.machine = xstrdup("x86_64"),
		.interpreter = xstrdup("/bin/sh"),
		.loading = true,
	};
	ret->heaps = xcalloc(2, sizeof(*ret->heaps));
	ret->heap_count = ret->heap_alloc = 2;
	ret->heaps[0] = (struct heap){
		.serves = xstrdup("malloc"),
		.allocator = xstrdup("jemalloc"),
		.version = xstrdup("5.3.0"),
		.how = HEAP_PRELOADED,
		.env_var = xstrdup("MALLOC_CONF"),
		.set_with = xstrdup("MALLOC_CONF=key:value,…"),
		.compiled_in = xstrdup(""),
		.preload_replaceable = TRISTATE_NO,
		.preload_reason = xstrdup("so"),
	};
	ret->heaps[0].settings = xcalloc(1, sizeof(*ret->heaps[0].settings));
	ret->heaps[0].setting_count = ret->heaps[0].setting_alloc = 1;
	ret->heaps[0].settings[0] = (struct setting){
		.key = xstrdup("MALLOC_CONF"),
		.value = xstrdup("a:1\n"),
	};
	ret->heaps[1] = (struct heap){ .serves = xstrdup("Go code"), .nothing_to_set = true };
	text_list_addf(&ret->heaps[0].evidence, "seen");
	text_list_addf(&ret->notes, "first");
	text_list_addf(&ret->notes, "%s", "");
	ret->layers = xcalloc(1, sizeof(*ret->layers));
	ret->layer_count = ret->layer_alloc = 1;
	ret->layers[0] = (struct heap_layer){ xstrdup("pymalloc"), xstrdup("its own"), NULL };
}

static void what_is_written_is_read(void **state)
{
	_cleanup_identification_ struct identification found, again;
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;

	fill(&found);
	wire_write(&found, &bytes);
	assert_int_equal(wire_read(bytes.buf, bytes.len, &again), 0);
	_cleanup_free_ char *expected = identification_document(&found, 1);
	_cleanup_free_ char *document = identification_document(&again, 1);
	assert_string_equal(document, expected);
	assert_true(again.loading);
	assert_string_equal(again.heaps[0].compiled_in, "");
	assert_null(again.heaps[1].allocator);
}

/* An exact copy each, for a sanitizer to see a step beyond. */
static void what_is_cut_or_too_long_is_refused(void **state)
{
	_cleanup_identification_ struct identification found;
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;
	struct identification again;

	fill(&found);
	wire_write(&found, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		_cleanup_free_ char *exact = xmalloc(len ? len : 1);

		memcpy(exact, bytes.buf, len);
		assert_int_equal(wire_read(exact, len, &again), -EBADMSG);
		assert_null(again.machine);
	}
	strbuf_addch(&bytes, '\0');
	assert_int_equal(wire_read(bytes.buf, bytes.len, &again), -EBADMSG);
}

/* Each word of the message in turn is as large as can be: no count, length or kind is believed. */
static void numbers_are_not_believed(void **state)
{
	_cleanup_identification_ struct identification found;
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;
	const uint32_t wrong[] = { UINT32_MAX, WIRE_TEXT_MAX + 1, WIRE_ITEMS_MAX, 7 };

	fill(&found);
	wire_write(&found, &bytes);
	for (size_t at = 0; at + sizeof(uint32_t) <= bytes.len; at++) {
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			_cleanup_free_ char *copy = xmalloc(bytes.len);
			struct identification again;

			memcpy(copy, bytes.buf, bytes.len);
			memcpy(copy + at, &wrong[i], sizeof(wrong[i]));
			if (wire_read(copy, bytes.len, &again) == 0) {
				free(identification_document(&again, 1));
				identification_release(&again);
			}
		}
	}
}

static void a_text_ends_where_it_says(void **state)
{
	_cleanup_identification_ struct identification found;
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;
	struct identification again;

	fill(&found);
	wire_write(&found, &bytes);
	char *machine = memmem(bytes.buf, bytes.len, "x86_64", 6);
	assert_non_null(machine);
	machine[2] = '\0';
	assert_int_equal(wire_read(bytes.buf, bytes.len, &again), -EBADMSG);
}

static void more_than_the_bounds_is_cut(void **state)
{
	_cleanup_identification_ struct identification found, again;
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT, text = STRBUF_INIT;

	fill(&found);
	for (size_t i = 0; i < WIRE_ITEMS_MAX; i++)
		text_list_addf(&found.notes, "%zu", i);
	for (size_t i = 0; i < WIRE_TEXT_MAX + 10; i++)
		strbuf_addch(&text, 'x');
	found.heaps[1].version = strbuf_detach(&text);
	wire_write(&found, &bytes);
	assert_int_equal(wire_read(bytes.buf, bytes.len, &again), 0);
	assert_int_equal(again.notes.count, WIRE_ITEMS_MAX);
	assert_int_equal(strlen(again.heaps[1].version), WIRE_TEXT_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_cut_or_too_long_is_refused),
		cmocka_unit_test(numbers_are_not_believed),
		cmocka_unit_test(a_text_ends_where_it_says),
		cmocka_unit_test(more_than_the_bounds_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
