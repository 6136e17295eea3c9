/* SPDX-License-Identifier: MIT */
/* What allocators answer when they are asked what they use, and what the note beside a library says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alloc/allocator.h"
#include "alloc/info.h"
#include "base/cleanup.h"
#include "base/strbuf.h"

static const char *value_of(const struct option_map *map, const char *key)
{
	const struct setting *option = option_map_find(map, key);

	assert_non_null(option);
	return option->value;
}

static void each_answer_is_read_in_its_own_form(void **state)
{
	_cleanup_option_map_ struct option_map glibc = { 0 }, jemalloc = { 0 }, mimalloc = { 0 },
					       tcmalloc = { 0 };

	option_map_read_tunables(&glibc,
				 "glibc.malloc.top_pad: 0x20000 (min: 0x0)\n"
				 "glibc.cpu.hwcaps: x (min: y)\nglibc.malloc.torn\nnoise\n",
				 "glibc.malloc.");
	assert_string_equal(value_of(&glibc, "top_pad"), "0x20000");
	assert_int_equal(glibc.count, 1);

	assert_int_equal(
		allocator_jemalloc.hear(
			"noise {\"jemalloc\":{\"opt\":{\"retain\":true,\"narenas\":8}}} rest",
			&jemalloc, NULL),
		0);
	assert_string_equal(value_of(&jemalloc, "retain"), "true");
	assert_string_equal(value_of(&jemalloc, "narenas"), "8");

	assert_int_equal(allocator_mimalloc.hear("mimalloc: option 'arena_reserve': 1024 KiB\n"
						 "option 'purge_delay': 10\noption 'torn\n",
						 &mimalloc, NULL),
			 0);
	assert_string_equal(value_of(&mimalloc, "arena_reserve"), "1048576");
	assert_string_equal(value_of(&mimalloc, "purge_delay"), "10");
	assert_int_equal(mimalloc.count, 2);

	option_map_set(&tcmalloc, "HEAP_LIMIT_MB", NULL);
	option_map_read_values(&tcmalloc, "heap_limit_mb 7\nunheard_of 1\n");
	assert_string_equal(value_of(&tcmalloc, "heap_limit_mb"), "7");
	assert_int_equal(tcmalloc.count, 1);
}

static void complaints_are_errors(void **state)
{
	_cleanup_option_map_ struct option_map map = { 0 };
	_cleanup_error_ struct error err = ERROR_INIT;

	assert_int_equal(
		allocator_jemalloc.hear("<jemalloc>: Invalid conf pair: a:1\n{\"jemalloc\":{}}",
					&map, &err),
		-EINVAL);
	assert_non_null(strstr(err.message, "a:1"));
	assert_int_equal(
		allocator_mimalloc.hear(
			"mimalloc: warning: environment option mimalloc_x has an invalid value.\n",
			&map, &err),
		-EINVAL);
	assert_int_equal(map.count, 0);
}

/* Reading must take no longer than the text is long, whatever a library says it can be set to. */
static void no_library_has_options_without_end(void **state)
{
	_cleanup_option_map_ struct option_map map = { 0 };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	for (int i = 0; i < 3 * OPTION_MAP_MAX; i++)
		strbuf_addf(&text, "option 'o%d': %d\n", i, i);
	strbuf_addstr(&text, "option 'o7': 11\n");
	assert_int_equal(allocator_mimalloc.hear(text.buf, &map, NULL), 0);
	assert_int_equal(map.count, OPTION_MAP_MAX);
	assert_string_equal(value_of(&map, "o7"), "11");
}

static void a_note_names_a_library_beside_it(void **state)
{
	static const struct {
		const char *text, *path;
	} notes[] = {
		{ "name=x\nlibrary=libx.so\n", "/a b/libx.so" },
		{ "library=libx.so", "/a b/libx.so" },
		{ "library=first.so\nlibrary=second.so\n", "/a b/first.so" },
		{ "library=../libx.so\n", NULL },
		{ "library=/lib/libx.so\n", NULL },
		{ "library=..\n", NULL },
		{ "library=.\n", NULL },
		{ "library=\n", NULL },
		{ "library=lib\033[31mx.so\n", NULL },
		{ " library=libx.so\nlibrary libx.so\n", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		_cleanup_free_ char *path = info_library_path("/a b/allocator.info", notes[i].text);

		if (notes[i].path)
			assert_string_equal(path, notes[i].path);
		else
			assert_null(path);
	}
}

static void a_note_s_values_can_be_shown(void **state)
{
	_cleanup_free_ char *name = info_value("name=\xc3\xa4 b\nversion=1\r\n", "name");

	assert_string_equal(name, "\xc3\xa4 b");
	assert_null(info_value("name=\xc3\xa4 b\nversion=1\r\n", "version"));
	assert_null(info_value("names=x\n", "name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_is_read_in_its_own_form),
		cmocka_unit_test(complaints_are_errors),
		cmocka_unit_test(no_library_has_options_without_end),
		cmocka_unit_test(a_note_names_a_library_beside_it),
		cmocka_unit_test(a_note_s_values_can_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
