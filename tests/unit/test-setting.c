/* SPDX-License-Identifier: MIT */
#include "alloc/setting.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"

static void keys_are_found_by_any_name(void **state)
{
	const struct setting_info *trim = setting_info_find(&allocator_glibc, "trim_threshold");

	assert_non_null(trim);
	assert_ptr_equal(setting_info_find(&allocator_glibc, "MALLOC_TRIM_THRESHOLD_"), trim);
	assert_ptr_equal(setting_info_find(&allocator_glibc, "glibc.malloc.trim_threshold"), trim);
	assert_ptr_equal(setting_info_find(&allocator_glibc, "Trim_Threshold"), trim);
	assert_null(setting_info_find(&allocator_glibc, "trim"));
	assert_string_equal(setting_info_find(&allocator_mimalloc, "MIMALLOC_PURGE_DELAY")->key,
			    "purge_delay");
	assert_null(setting_info_find(&allocator_snmalloc, "purge_delay"));
}

static void slips_get_the_right_name(void **state)
{
	assert_string_equal(setting_suggest(&allocator_jemalloc, NULL, "tcache_mx"), "tcache_max");
	assert_string_equal(setting_suggest(&allocator_glibc, NULL, "trim_treshold"),
			    "trim_threshold");
	assert_string_equal(setting_suggest(&allocator_mimalloc, NULL, "PURGEDELAY"),
			    "purge_delay");
	assert_null(setting_suggest(&allocator_jemalloc, NULL, "zzzzzz"));
}

static void the_library_s_own_names_are_suggested_too(void **state)
{
	_cleanup_option_map_ struct option_map known = { 0 };

	option_map_set(&known, "deprecated_segment_cache", "0");
	option_map_set(&known, "page_full_retain", "2");
	assert_string_equal(setting_suggest(&allocator_mimalloc, &known, "page_full_retian"),
			    "page_full_retain");
	assert_null(setting_suggest(&allocator_mimalloc, &known, "deprecated_segment_cachee"));
}

/* key, value as typed, and what the allocator gets; NULL: refused. */
static const struct {
	const struct allocator *allocator;
	const char *key, *value, *translated;
} translations[] = {
	{ &allocator_glibc, "trim_threshold", "256M", "268435456" },
	{ &allocator_glibc, "trim_threshold", "131072", "131072" },
	{ &allocator_glibc, "trim_threshold", "-1", NULL },
	{ &allocator_glibc, "trim_threshold", "lots", NULL },
	{ &allocator_glibc, "trim_threshold", "1.5M", NULL },
	{ &allocator_glibc, "arena_max", "0", NULL },
	{ &allocator_glibc, "arena_max", "2", "2" },
	{ &allocator_glibc, "hugetlb", "3", NULL },
	{ &allocator_glibc, "mxfast", "161", NULL },
	{ &allocator_glibc, "tcache_count", "65536", NULL },
	{ &allocator_jemalloc, "tcache_max", "4K", "4096" },
	{ &allocator_jemalloc, "tcache_max", "8M", "8388608" },
	{ &allocator_jemalloc, "tcache_max", "16M", NULL },
	{ &allocator_jemalloc, "dirty_decay_ms", "-1", "-1" },
	{ &allocator_jemalloc, "dirty_decay_ms", "-2", NULL },
	{ &allocator_jemalloc, "dirty_decay_ms", "5s", "5000" },
	{ &allocator_jemalloc, "dirty_decay_ms", "250us", NULL },
	{ &allocator_jemalloc, "background_thread", "yes", "true" },
	{ &allocator_jemalloc, "background_thread", "0", "false" },
	{ &allocator_jemalloc, "background_thread", "maybe", NULL },
	{ &allocator_jemalloc, "percpu_arena", "phycpu", "phycpu" },
	{ &allocator_jemalloc, "percpu_arena", "cpu", NULL },
	{ &allocator_jemalloc, "narenas", "default", "default" },
	{ &allocator_jemalloc, "narenas", "0", NULL },
	{ &allocator_mimalloc, "purge_decommits", "off", "0" },
	{ &allocator_mimalloc, "allow_thp", "2", "2" },
	{ &allocator_tcmalloc, "release_rate", "0.5", "0.5" },
	{ &allocator_tcmalloc, "release_rate", "-0.5", NULL },
	{ &allocator_tcmalloc, "release_rate", "nan", NULL },
	{ &allocator_tcmalloc, "max_total_thread_cache_bytes", "1K", NULL },
	{ &allocator_tcmalloc, "aggressive_decommit", "true", "1" },
};

static void values_are_translated_or_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(translations); i++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		_cleanup_free_ char *text = NULL;
		const struct setting_info *info =
			setting_info_find(translations[i].allocator, translations[i].key);
		int64_t number;

		assert_non_null(info);
		int r = setting_translate(translations[i].allocator, info, translations[i].value,
					  &text, &number, &err);
		if (translations[i].translated) {
			assert_int_equal(r, 0);
			assert_string_equal(text, translations[i].translated);
			continue;
		}
		if (r != -EINVAL)
			fail_msg("%s=%s was accepted", translations[i].key, translations[i].value);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_non_null(strstr(err.message, translations[i].value));
		assert_non_null(err.hint);
	}
}

static void a_key_of_no_catalogue_passes_as_it_stands(void **state)
{
	_cleanup_free_ char *text = NULL;
	int64_t number;

	assert_int_equal(setting_translate(&allocator_jemalloc, NULL, "64K", &text, &number, NULL),
			 0);
	assert_string_equal(text, "64K");
}

static void values_are_compared_by_meaning(void **state)
{
	assert_true(setting_values_equal("4096", "0x1000"));
	assert_true(setting_values_equal("-1", "-1"));
	assert_true(setting_values_equal("true", "1"));
	assert_true(setting_values_equal("0.10", "0.1"));
	assert_true(setting_values_equal("Never", "never"));
	assert_false(setting_values_equal("4096", "8192"));
	assert_false(setting_values_equal("0", "-1"));
	assert_false(setting_values_equal("never", "n"));
	assert_false(setting_values_equal("", "0"));
	assert_false(setting_values_equal("5", "5s"));
}

static void assert_range(const struct allocator *allocator, const char *key, const char *wanted)
{
	_cleanup_free_ char *text = setting_range_text(setting_info_find(allocator, key));

	assert_string_equal(text, wanted);
}

static void ranges_are_spelt_out(void **state)
{
	assert_range(&allocator_jemalloc, "tcache_max", "0 to 8M");
	assert_range(&allocator_jemalloc, "narenas", "1 to 4095, default");
	assert_range(&allocator_jemalloc, "thp", "default, always, never");
	assert_range(&allocator_jemalloc, "retain", "true, false");
	assert_range(&allocator_glibc, "trim_threshold", "0 or more");
	assert_range(&allocator_mimalloc, "purge_delay", "-1 or more");
}

/* Whoever adds a setting says all of it; and what is worth trying must be allowed. */
static void the_catalogue_is_complete(void **state)
{
	for (size_t a = 0; a < allocator_count; a++) {
		const struct allocator *allocator = allocators[a];

		if (!allocator->setting_count)
			assert_non_null(allocator->no_settings);
		for (size_t i = 0; i < allocator->setting_count; i++) {
			const struct setting_info *info = &allocator->settings[i];

			assert_non_null(info->fallback);
			assert_non_null(info->why);
			assert_non_null(info->risk);
			assert_non_null(info->search);
			assert_ptr_equal(setting_info_find(allocator, info->key), info);
			_cleanup_free_ char *words = strdup(info->search);
			char *word, *rest = words;
			while ((word = strsep(&rest, " "))) {
				_cleanup_free_ char *text = NULL;
				int64_t number;

				if (setting_translate(allocator, info, word, &text, &number, NULL) <
				    0)
					fail_msg("%s: %s of %s is out of range", allocator->name,
						 word, info->key);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_by_any_name),
		cmocka_unit_test(slips_get_the_right_name),
		cmocka_unit_test(the_library_s_own_names_are_suggested_too),
		cmocka_unit_test(values_are_translated_or_refused),
		cmocka_unit_test(a_key_of_no_catalogue_passes_as_it_stands),
		cmocka_unit_test(values_are_compared_by_meaning),
		cmocka_unit_test(ranges_are_spelt_out),
		cmocka_unit_test(the_catalogue_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
