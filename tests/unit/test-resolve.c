/* SPDX-License-Identifier: MIT */
/*
 * Contenders against the libraries of this machine. glibc is everywhere; tests of other allocators skip
 * where they are missing (MADVISOR_ALLOCATOR_PATH names further ones).
 */
#include "alloc/resolve.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc/inventory.h"
#include "alloc/ask.h"
#include "alloc/setting.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/version.h"

#define BUMP FIXTURE_DIR "/libfixture-bump.so"

static struct library_set set;

static int discover(void **state)
{
	_cleanup_library_search_ struct library_search search = { 0 };

	library_search_init(&search, ALLOCATORS_DIR);
	library_set_discover(&set, &search);
	return 0;
}

static int forget(void **state)
{
	library_set_release(&set);
	return 0;
}

static int resolve(const char *text, struct contender *ret, struct strbuf *notes, struct error *err)
{
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };

	assert_int_equal(contender_spec_parse(text, &spec, NULL), 0);
	return contender_resolve(&spec, &set, ret, notes, err);
}

/* Resolves, and gives its name and its first assignment ("" without one). */
static void assert_resolves(const char *text, const char *name, const char *assignment)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct contender contender;

	if (resolve(text, &contender, NULL, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(contender.name, name);
	assert_string_equal(contender.env ? contender.env[0] : "", assignment);
	if (contender.setting_count)
		assert_non_null(contender.proof);
	contender_release(&contender);
}

static void assert_refused(const char *text, enum error_kind kind, const char *message,
			   const char *hint)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct contender contender;

	if (resolve(text, &contender, NULL, &err) >= 0)
		fail_msg("%s was accepted", text);
	if (!strstr(err.message, message))
		fail_msg("%s: '%s' does not say '%s'", text, err.message, message);
	if (!err.hint || !strstr(err.hint, hint))
		fail_msg("%s: the hint '%s' does not say '%s'", text, err.hint, hint);
	assert_int_equal(err.kind, kind);
	assert_null(contender.name);
}

static void need(const char *name)
{
	if (!library_set_find(&set, name, NULL)) {
		print_message("%s is not on this machine\n", name);
		skip();
	}
}

static void glibc_settings_are_accepted_or_refused(void **state)
{
	assert_resolves("glibc", "glibc", "");
	assert_resolves("glibc[trim_threshold:256M]", "glibc[trim_threshold=256M]",
			"GLIBC_TUNABLES=glibc.malloc.trim_threshold=268435456");
	assert_resolves(
		"glibc[MALLOC_ARENA_MAX=2;mmap_threshold=1M]",
		"glibc[arena_max=2,mmap_threshold=1M]",
		"GLIBC_TUNABLES=glibc.malloc.arena_max=2:glibc.malloc.mmap_threshold=1048576");
	assert_resolves("glibc[perturb=7]", "glibc[perturb=7]",
			"GLIBC_TUNABLES=glibc.malloc.perturb=7");
	assert_refused("glibc[trim_treshold=1M]", ERROR_USAGE, "no setting trim_treshold",
		       "trim_threshold");
	assert_refused("glibc[arena_max=0]", ERROR_USAGE, "1 or more", "worth trying");
	assert_refused("glibc[perturb=300]", ERROR_USAGE, "does not accept perturb=300",
		       "list settings");
	assert_refused("glibc[trim_threshold=1M,M_TRIM_THRESHOLD=2M]", ERROR_USAGE, "twice",
		       "once");
	assert_refused("glibc=" BUMP, ERROR_USAGE, "another allocator, not glibc", "another name");
}

/* tcache_max above 1032 is accepted by the loader and then ignored by malloc, before 2.42. */
static void glibc_does_not_promise_what_its_malloc_ignores(void **state)
{
	const struct library *libc = library_set_find(&set, "glibc", NULL);

	if (version_compare(libc->version, "2.42") >= 0)
		assert_resolves("glibc[tcache_max=64K]", "glibc[tcache_max=64K]",
				"GLIBC_TUNABLES=glibc.malloc.tcache_max=65536");
	else
		assert_refused("glibc[tcache_max=64K]", ERROR_USAGE, "ignores values above 1032",
			       "2.42");
	assert_resolves("glibc[tcache_max=512]", "glibc[tcache_max=512]",
			"GLIBC_TUNABLES=glibc.malloc.tcache_max=512");
}

static void a_threshold_alone_is_a_trap(void **state)
{
	_cleanup_strbuf_ struct strbuf alone = STRBUF_INIT, both = STRBUF_INIT;
	struct contender contender;

	assert_int_equal(resolve("glibc[trim_threshold=1G]", &contender, &alone, NULL), 0);
	contender_release(&contender);
	assert_non_null(strstr(alone.buf, "mmap_threshold"));
	size_t said = alone.len;
	assert_int_equal(resolve("glibc[trim_threshold=2G]", &contender, &alone, NULL), 0);
	contender_release(&contender);
	assert_int_equal(alone.len, said); /* once is enough */
	assert_int_equal(resolve("glibc[trim_threshold=1G,mmap_threshold=1G,top_pad=1M]",
				 &contender, &both, NULL),
			 0);
	contender_release(&contender);
	assert_string_equal(both.buf, "");
}

static void unknown_names_get_the_known_ones(void **state)
{
	assert_refused("hoard", ERROR_USAGE, "no allocator 'hoard'", "hoard=/path/lib.so");
	assert_refused("glibc@1.0", ERROR_MACHINE, "no glibc 1.0", "there is: 2.");
	assert_refused("x=/no/such.so", ERROR_USAGE, "No such file", "file");
	assert_refused("x=/etc/passwd", ERROR_USAGE, "no ELF", "file");
	assert_refused("x=" FIXTURE_DIR "/libfixture-none.so", ERROR_USAGE, "no allocator",
		       "library");
	assert_refused("x=" FIXTURE_DIR "/libfixture-half.so", ERROR_USAGE, "no realloc",
		       "library");
	assert_refused("jemalloc=" BUMP, ERROR_USAGE, "is another allocator, not jemalloc",
		       "another name");
	assert_refused("x=" BUMP "[a:1]", ERROR_USAGE, "does not know", "brackets");
}

static void a_missing_allocator_says_how_to_get_it(void **state)
{
	const struct library_search nowhere = { (char *[]){ NULL }, (char *[]){ NULL }, NULL };
	_cleanup_library_set_ struct library_set empty = { 0 };
	_cleanup_error_ struct error err = ERROR_INIT;
	const struct contender_spec spec = { .name = (char *)"snmalloc" };
	struct contender contender;

	library_set_discover(&empty, &nowhere);
	assert_int_equal(contender_resolve(&spec, &empty, &contender, NULL, &err), -ENOENT);
	assert_int_equal(err.kind, ERROR_MACHINE);
	assert_non_null(strstr(err.hint, "make allocators"));

	struct inventory inventory;
	inventory_init(&inventory, &empty, NULL);
	assert_int_equal(inventory.count, allocator_count);
	for (size_t i = 1; i < inventory.count; i++) {
		assert_int_equal(inventory.rows[i].state, INVENTORY_MISSING);
		assert_non_null(inventory.rows[i].remedy);
	}
	assert_int_equal(inventory.rows[0].state, INVENTORY_UNTRIED);
	inventory_release(&inventory);
}

static void a_library_of_one_s_own_joins(void **state)
{
	_cleanup_strbuf_ struct strbuf notes = STRBUF_INIT;
	struct contender contender;

	assert_int_equal(resolve("mine=" BUMP, &contender, &notes, NULL), 0);
	assert_string_equal(contender.name, "mine");
	assert_null(contender.allocator);
	assert_null(contender.env);
	assert_non_null(strstr(contender.library, "libfixture-bump.so"));
	assert_non_null(strstr(notes.buf, "posix_memalign"));
	contender_release(&contender);
}

static void jemalloc_settings_are_accepted_or_refused(void **state)
{
	need("jemalloc");
	assert_resolves("jemalloc[tcache_max=4K]", "jemalloc[tcache_max:4K]",
			"MALLOC_CONF=tcache_max:4096");
	assert_resolves("jemalloc[dirty_decay_ms:-1,background_thread:yes,thp:never]",
			"jemalloc[dirty_decay_ms:-1,background_thread:yes,thp:never]",
			"MALLOC_CONF=dirty_decay_ms:-1,background_thread:true,thp:never");
	assert_resolves("jemalloc[narenas:default]", "jemalloc[narenas:default]",
			"MALLOC_CONF=narenas:default");
	assert_refused("jemalloc[tcache_mx:1]", ERROR_USAGE, "Invalid conf pair: tcache_mx:1",
		       "did you mean tcache_max?");
	/* jemalloc compares only as many characters as it is given. */
	assert_refused("jemalloc[m:auto]", ERROR_USAGE, "no setting m", "list settings");
	assert_refused("jemalloc[metadata:auto]", ERROR_USAGE, "no setting metadata",
		       "did you mean metadata_thp?");
	assert_refused("jemalloc[tcache_max:16M]", ERROR_USAGE, "0 to 8M", "worth trying");
	/* Accepted by its parser, then clipped. */
	assert_refused("jemalloc[tcache_gc_incr_bytes:1]", ERROR_USAGE, "it uses 1024",
		       "list settings");
	assert_refused("jemalloc[background_thread:2]", ERROR_USAGE, "true or false",
		       "worth trying");
	assert_refused("jemalloc@1.2.3", ERROR_MACHINE, "no jemalloc 1.2.3", "there is: ");
}

static void mimalloc_settings_go_by_the_name_of_the_version(void **state)
{
	need("mimalloc");
	if (library_set_find(&set, "mimalloc", "2.0")) {
		assert_refused("mimalloc@2.0[PURGE_DELAY=0]", ERROR_USAGE, "no setting PURGE_DELAY",
			       "DECOMMIT_DELAY");
		assert_resolves("mimalloc@2.0[decommit_delay=0]", "mimalloc@2.0[DECOMMIT_DELAY=0]",
				"MIMALLOC_DECOMMIT_DELAY=0");
	}
	if (version_compare(library_set_find(&set, "mimalloc", NULL)->version, "2.1") < 0)
		return;
	assert_resolves("mimalloc[purge_delay:0]", "mimalloc[PURGE_DELAY=0]",
			"MIMALLOC_PURGE_DELAY=0");
	assert_resolves("mimalloc[arena_reserve=64M]", "mimalloc[ARENA_RESERVE=64M]",
			"MIMALLOC_ARENA_RESERVE=67108864");
	assert_refused("mimalloc[RESET_DELAY=0]", ERROR_USAGE, "no setting RESET_DELAY",
		       "PURGE_DELAY");
	assert_refused("mimalloc[PURGE_DELAY=soon]", ERROR_USAGE, "milliseconds", "worth trying");
	assert_refused("mimalloc[ARENA_RESERVE=1000]", ERROR_USAGE, "it uses 1024",
		       "list settings");
	assert_refused("mimalloc[nonsense=1]", ERROR_USAGE, "no setting NONSENSE", "list settings");
}

static void tcmalloc_settings_are_known_to_the_library(void **state)
{
	need("tcmalloc");
	assert_resolves("tcmalloc[RELEASE_RATE=0]", "tcmalloc[RELEASE_RATE=0]",
			"TCMALLOC_RELEASE_RATE=0");
	assert_resolves("tcmalloc[max_total_thread_cache_bytes=64M]",
			"tcmalloc[MAX_TOTAL_THREAD_CACHE_BYTES=64M]",
			"TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES=67108864");
	assert_refused("tcmalloc[RELEASE_RATES=0]", ERROR_USAGE, "no setting RELEASE_RATES",
		       "RELEASE_RATE?");
}

static void snmalloc_has_nothing_to_set(void **state)
{
	need("snmalloc");
	assert_refused("snmalloc[a:1]", ERROR_USAGE, "reads no environment", "brackets");
}

static void all_is_one_of_each(void **state)
{
	_cleanup_contender_list_ struct contender_list list = { 0 };
	struct contender *contenders;
	size_t count;

	assert_int_equal(contender_list_parse("all", &list, NULL), 0);
	assert_int_equal(contender_list_resolve(&list, &set, &contenders, &count, NULL, NULL), 0);
	assert_true(count >= 1);
	assert_string_equal(contenders[0].name, "glibc");
	for (size_t i = 0; i < count; i++) {
		assert_null(strchr(contenders[i].name, '@'));
		assert_null(contenders[i].env);
		contender_release(&contenders[i]);
	}
	free(contenders);
}

static void one_contender_under_two_spellings_is_refused(void **state)
{
	_cleanup_contender_list_ struct contender_list list = { 0 };
	_cleanup_error_ struct error err = ERROR_INIT;
	struct contender *contenders;
	size_t count;

	assert_int_equal(contender_list_parse("glibc[arena_max=1],glibc[MALLOC_ARENA_MAX:1]", &list,
					      NULL),
			 0);
	assert_true(contender_list_resolve(&list, &set, &contenders, &count, NULL, &err) < 0);
	assert_non_null(strstr(err.message, "twice"));
}

static void the_settings_table_speaks_of_what_is_here(void **state)
{
	struct setting_table table;
	size_t settings = 0;

	for (size_t i = 0; i < allocator_count; i++)
		settings += allocators[i]->setting_count;
	setting_table_init(&table, &set, NULL);
	assert_int_equal(table.count, settings);
	for (size_t i = 0; i < table.count; i++) {
		assert_non_null(table.rows[i].variable);
		assert_non_null(table.rows[i].range);
		assert_non_null(table.rows[i].fallback);
	}
	setting_table_release(&table);
	setting_table_init(&table, &set, "jemalloc");
	assert_int_equal(table.count, allocator_jemalloc.setting_count);
	assert_string_equal(table.rows[0].variable, "MALLOC_CONF=lg_extent_max_active_fit:VALUE");
	assert_string_equal(table.rows[0].fallback, "6");
	setting_table_release(&table);
}

/* A default that the catalogue has as a value is the one that the libraries here use. */
static void defaults_are_those_of_the_libraries(void **state)
{
	size_t compared = 0;

	for (size_t i = 0; i < set.count; i++) {
		const struct library *library = &set.items[i];
		const struct allocator *allocator = library->allocator;
		_cleanup_option_map_ struct option_map options = { 0 };

		/* glibc shows a tunable that is not set as 0. */
		if (library->origin == LIBRARY_LIBC ||
		    library_ask_options(library, NULL, &options, NULL) < 0)
			continue;
		for (size_t k = 0; k < allocator->setting_count; k++) {
			const struct setting_info *info = &allocator->settings[k];
			const char *value = setting_default_value(info, library->version);
			const struct setting *used = option_map_find(&options, info->key);
			_cleanup_free_ char *translated = NULL;
			int64_t number;

			if (!value || !used || !used->value)
				continue;
			assert_int_equal(setting_translate(allocator, info, value, &translated,
							   &number, NULL),
					 0);
			if (!setting_values_equal(translated, used->value))
				fail_msg("%s %s: %s is %s, not %s", library->name, library->version,
					 info->key, used->value, value);
			compared++;
		}
	}
	if (set.count > 1)
		assert_true(compared > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glibc_settings_are_accepted_or_refused),
		cmocka_unit_test(glibc_does_not_promise_what_its_malloc_ignores),
		cmocka_unit_test(a_threshold_alone_is_a_trap),
		cmocka_unit_test(unknown_names_get_the_known_ones),
		cmocka_unit_test(a_missing_allocator_says_how_to_get_it),
		cmocka_unit_test(a_library_of_one_s_own_joins),
		cmocka_unit_test(jemalloc_settings_are_accepted_or_refused),
		cmocka_unit_test(mimalloc_settings_go_by_the_name_of_the_version),
		cmocka_unit_test(tcmalloc_settings_are_known_to_the_library),
		cmocka_unit_test(snmalloc_has_nothing_to_set),
		cmocka_unit_test(all_is_one_of_each),
		cmocka_unit_test(one_contender_under_two_spellings_is_refused),
		cmocka_unit_test(the_settings_table_speaks_of_what_is_here),
		cmocka_unit_test(defaults_are_those_of_the_libraries),
	};

	return cmocka_run_group_tests(tests, discover, forget);
}
