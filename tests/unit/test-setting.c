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
	{ &allocator_glibc, "mxfast", "161", NULL },
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
	assert_range(&allocator_jemalloc, "narenas", "1 to 4094, default");
	assert_range(&allocator_jemalloc, "thp", "default, always, never");
	assert_range(&allocator_jemalloc, "retain", "true, false");
	assert_range(&allocator_glibc, "trim_threshold", "0 or more");
	assert_range(&allocator_mimalloc, "purge_delay", "-1 or more");
}

static void check_value(const struct allocator *allocator, const struct setting_info *info,
			const char *value)
{
	_cleanup_free_ char *text = NULL;
	int64_t number;

	if (setting_translate(allocator, info, value, &text, &number, NULL) < 0)
		fail_msg("%s: %s of %s is out of range", allocator->name, value, info->key);
}

static size_t check_values(const struct allocator *allocator, const struct setting_info *info,
			   const char *values)
{
	_cleanup_free_ char *words = strdup(values);
	char *word, *rest = words;
	size_t count = 0;

	for (; (word = strsep(&rest, " ")); count++)
		check_value(allocator, info, word);
	return count;
}

static void check_remedy(const struct allocator *allocator, const struct setting_info *info,
			 const struct remedy *remedy)
{
	size_t values = check_values(allocator, info, remedy->values);

	assert_non_null(remedy->why);
	assert_non_null(remedy->risk);
	if (remedy->fit == FIT_CPUS) {
		assert_int_equal(info->kind, SETTING_INT);
		assert_int_equal(values, 1);
	} else if (remedy->fit != FIT_LISTED) {
		assert_int_equal(info->kind, SETTING_SIZE);
		assert_int_equal(values, 2);
	}
	/* What has no order goes to a value, not beyond one. */
	if (info->kind == SETTING_BOOL || info->kind == SETTING_CHOICE)
		assert_int_equal(remedy->direction, REMEDY_EXACT);
}

/* What a row says of other settings is of such as there are: "percpu_arena tcache=false". */
static void check_conditions(const struct allocator *allocator, const struct setting_info *info)
{
	_cleanup_free_ char *copy = info->not_beside ? xstrdup(info->not_beside) : NULL;
	char *rest = copy, *word;

	if (info->with) {
		assert_non_null(setting_info_find(allocator, info->with));
		assert_string_not_equal(info->with, info->key);
	}
	while (rest && (word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');
		const struct setting_info *other;

		if (value)
			*value++ = '\0';
		other = setting_info_find(allocator, word);
		assert_non_null(other);
		assert_ptr_not_equal(other, info);
		if (value)
			check_value(allocator, other, value);
	}
}

/* Whoever adds a setting says all of it; and what is worth trying must be allowed. */
static void check_info(const struct allocator *allocator, const struct setting_info *info)
{
	_cleanup_free_ char *fallback = setting_default_text(info);
	const struct setting_default *value = info->defaults;
	const struct remedy *remedy = info->remedies;

	assert_true(*fallback);
	assert_non_null(info->why);
	assert_non_null(info->risk);
	assert_non_null(info->search);
	assert_null(info->variable);
	assert_ptr_equal(setting_info_find(allocator, info->key), info);
	check_values(allocator, info, info->search);
	check_conditions(allocator, info);
	for (; value && value->value; value++) {
		check_value(allocator, info, value->value);
		assert_true(!value->since == (value == info->defaults));
	}
	for (; remedy && remedy->symptoms; remedy++)
		check_remedy(allocator, info, remedy);
	if (info->kind == SETTING_BOOL || info->kind == SETTING_CHOICE)
		assert_int_equal(info->scale, SCALE_LISTED);
}

static void the_catalogue_is_complete(void **state)
{
	for (size_t a = 0; a < allocator_count; a++) {
		const struct allocator *allocator = allocators[a];

		if (!allocator->setting_count)
			assert_non_null(allocator->no_settings);
		for (size_t i = 0; i < allocator->setting_count; i++)
			check_info(allocator, &allocator->settings[i]);
	}
}

static void the_catalogue_answers_by_allocator_and_version(void **state)
{
	const struct setting_catalogue *catalogue = allocator_catalogue();
	const struct setting_group *group = setting_catalogue_find(catalogue, "mimalloc");

	assert_non_null(group);
	assert_ptr_equal(group->items, allocator_mimalloc.settings);
	assert_non_null(setting_catalogue_find(catalogue, "go"));
	assert_null(setting_catalogue_find(catalogue, "musl"));
	const struct setting_info *delay = setting_info_find(&allocator_mimalloc, "purge_delay");
	assert_string_equal(setting_default_value(delay, "2.3.2"), "10");
	assert_string_equal(setting_default_value(delay, "3.3.2"), "1000");
	assert_string_equal(setting_default_value(delay, "3.0.1"), "2500");
	assert_string_equal(setting_default_value(delay, NULL), "1000");
	_cleanup_free_ char *fallback = setting_default_text(delay);
	assert_string_equal(fallback, "10 (before 3), 2500 (before 3.0.2), 1000 (3.0.2 or later)");
	_cleanup_free_ char *versions = setting_versions_text(delay);
	assert_string_equal(versions, "2.1 or later");
	const struct setting_info *trim = setting_info_find(&allocator_glibc, "trim_threshold");
	assert_null(setting_default_value(trim, NULL));
	assert_null(setting_versions_text(trim));
}

/* A symptom without a remedy would be a rule that can propose nothing. */
static void every_symptom_has_a_remedy(void **state)
{
	const struct setting_catalogue *catalogue = allocator_catalogue();
	unsigned int served = 0;

	for (size_t g = 0; g < catalogue->count; g++)
		for (size_t i = 0; i < catalogue->groups[g].count; i++) {
			const struct remedy *remedy = catalogue->groups[g].items[i].remedies;

			for (; remedy && remedy->symptoms; remedy++)
				served |= remedy->symptoms;
		}
	assert_int_equal(served, SYMPTOMS_ALL);
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
		cmocka_unit_test(the_catalogue_answers_by_allocator_and_version),
		cmocka_unit_test(every_symptom_has_a_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
