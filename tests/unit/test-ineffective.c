/* SPDX-License-Identifier: MIT */
#include "alloc/ineffective.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

/* One variable of a program with one allocator. */
static void set_up(struct identification *ret, const char *allocator, const char *version,
		   const char *env_var, const char *variable, const char *value)
{
	*ret = (struct identification){ 0 };
	struct heap *heap = ARRAY_PUSH(ret->heaps, ret->heap_count, ret->heap_alloc);

	heap->serves = xstrdup("malloc");
	heap->allocator = xstrdup(allocator);
	heap->version = version ? xstrdup(version) : NULL;
	heap->env_var = env_var ? xstrdup(env_var) : NULL;
	*ARRAY_PUSH(heap->settings, heap->setting_count, heap->setting_alloc) =
		(struct setting){ xstrdup(variable), xstrdup(value) };
}

/* rows: how many there are; left: whether the variable still counts as set. */
static const struct {
	const char *allocator, *version, *variable, *value;
	size_t rows;
	bool left, misread;
	const char *instead; /* of the first row */
} cases[] = {
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "narenas:1,tcache:false", 0, true, false, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "", 0, false, false, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "narenas:1,", 0, true, false, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "narenas=1;tcache=false", 1, false, false,
	  "MALLOC_CONF=narenas:1,tcache:false" },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "tcache:true,narenas=1", 1, true, false,
	  "MALLOC_CONF=narenas:1" },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "Narenas:1", 1, false, false,
	  "MALLOC_CONF=narenas:1" },
	{ "jemalloc", "5.2.1", "MALLOC_CONF", "tcache_max:4096", 1, false, false, NULL },
	{ "jemalloc", NULL, "MALLOC_CONF", "tcache_max:4096", 0, true, false, NULL },
	{ "jemalloc", "5.3.0-196-gabc", "MALLOC_CONF", "tcache_max:4096", 0, true, false, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "background_thread:yes", 1, false, false,
	  "MALLOC_CONF=background_thread:true" },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", " narenas: 2, tcache=false ;", 1, false, false,
	  "MALLOC_CONF=narenas:2,tcache:false" },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "narenas: 2", 1, false, false,
	  "MALLOC_CONF=narenas:2" },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "lg_dirty_mult:3", 1, false, false, NULL },
	{ "jemalloc", "4.5.0", "MALLOC_CONF", "lg_dirty_mult:3", 0, true, false, NULL },
	{ "jemalloc", NULL, "MALLOC_CONF", "lg_dirty_mult:3", 0, true, false, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", ":::,,,==", 2, false, false, NULL },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "glibc.malloc.top_pad=0x100", 0, true, false, NULL },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "glibc.malloc.top_pad=1M", 1, true, true,
	  "GLIBC_TUNABLES=glibc.malloc.top_pad=1048576" },
	{ "glibc", "2.41", "GLIBC_TUNABLES", "glibc.malloc.top_pad=1M", 1, false, false,
	  "GLIBC_TUNABLES=glibc.malloc.top_pad=1048576" },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "glibc.malloc.top_pad=1,glibc.malloc.arena_max=2", 1,
	  true, false, "GLIBC_TUNABLES=glibc.malloc.top_pad=1:glibc.malloc.arena_max=2" },
	{ "glibc", "2.41", "GLIBC_TUNABLES", "glibc.malloc.top_pad=1,glibc.malloc.arena_max=2", 1,
	  false, false, "GLIBC_TUNABLES=glibc.malloc.top_pad=1:glibc.malloc.arena_max=2" },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "glibc.malloc.tcache_max=99999", 1, false, false,
	  NULL },
	{ "glibc", "2.42", "GLIBC_TUNABLES", "glibc.malloc.tcache_max=99999", 0, true, false,
	  NULL },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "malloc.arena_max=1", 1, false, false,
	  "GLIBC_TUNABLES=glibc.malloc.arena_max=1" },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "glibc.rtld.nns=5", 0, true, false, NULL },
	{ "glibc", "2.36", "GLIBC_TUNABLES", ":::", 0, false, false, NULL },
	{ "glibc", "2.36", "MALLOC_ARENA_MAX", "2", 0, true, false, NULL },
	{ "glibc", "2.36", "MALLOC_ARENA_MAX", "two", 1, false, false, NULL },
	{ "glibc", "2.36", "MALLOC_ARENA_MAX", "2x", 1, true, true, NULL },
	{ "glibc", "2.41", "MALLOC_ARENA_MAX", "2x", 1, false, false, NULL },
	{ "glibc", "2.36", "MALLOC_ARENA_MAX", "-1", 0, true, false, NULL },
	{ "glibc", "2.36", "MALLOC_ARENA_MAX", "", 1, false, false, NULL },
	{ "glibc", "2.36", "MALLOC_ARENA_MAX", " 2", 0, true, false, NULL },
	/* Below 0 is the largest number: the heap is never trimmed. */
	{ "glibc", "2.36", "MALLOC_TRIM_THRESHOLD_", "-1", 0, true, false, NULL },
	{ "glibc", "2.41", "MALLOC_TRIM_THRESHOLD_", "-1", 0, true, false, NULL },
	{ "glibc", "2.36", "MALLOC_TRIM_THRESHOLD_", "big", 1, true, true, NULL },
	{ "glibc", "2.41", "MALLOC_TRIM_THRESHOLD_", "big", 1, false, false, NULL },
	{ "glibc", "2.41", "MALLOC_TRIM_THRESHOLD_", "", 1, true, true, NULL },
	{ "glibc", "2.41", "GLIBC_TUNABLES", "glibc.malloc.trim_threshold=", 1, true, true, NULL },
	{ "glibc", "2.41", "GLIBC_TUNABLES", "glibc.malloc.trim_threshold", 1, false, false, NULL },
	{ "glibc", "2.36", "MALLOC_MMAP_MAX_", "-1", 1, false, false, NULL },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "glibc.malloc.hugetlb=2097152", 0, true, false, NULL },
	{ "glibc", "2.36", "GLIBC_TUNABLES", "glibc.malloc.hugetlb=3", 1, false, false, NULL },
	{ "glibc", "2.36", "malloc_arena_max", "2", 1, false, false, "MALLOC_ARENA_MAX=2" },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "tcache_max:99999999", 1, true, true, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "tcache_nslots_large:0", 1, true, true, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "narenas:9999", 1, true, true, NULL },
	{ "jemalloc", "5.3.0", "MALLOC_CONF", "narenas:0", 1, false, false, NULL },
	{ "mimalloc", "2", "MIMALLOC_PURGE_DELAY", "100", 0, true, false, NULL },
	{ "mimalloc", "2.2.3", "MIMALLOC_PURGE_DELAY", "Off", 0, true, false, NULL },
	{ "mimalloc", "2.2.3", "MIMALLOC_PURGE_DELAY", "", 1, true, true, NULL },
	{ "mimalloc", "2.2.3", "MIMALLOC_PURGE_DELAY", "soon", 1, false, false, NULL },
	{ "mimalloc", "2.2.3", "MIMALLOC_RESERVE_HUGE_OS_PAGES", "4x", 1, false, false, NULL },
	{ "mimalloc", "2.2.3", "MIMALLOC_RESERVE_HUGE_OS_PAGES", "yes", 0, true, false, NULL },
	{ "mimalloc", "2.2.3", "MIMALLOC_PURGEDELAY", "100", 1, false, false,
	  "MIMALLOC_PURGE_DELAY=100" },
	{ "mimalloc", "3", "MIMALLOC_EAGER_COMMIT_DELAY", "1", 1, false, false, NULL },
	{ "mimalloc", "2.2.3", "mimalloc_arena_reserve", "1GiB", 0, true, false, NULL },
	{ "tcmalloc", "2.10", "TCMALLOC_HEAP_LIMIT_MB", "12x", 1, true, true, NULL },
	{ "tcmalloc", "2.10", "TCMALLOC_RELEASE_RATE", "never", 1, true, true, NULL },
	{ "tcmalloc", "2.10", "tcmalloc_release_rate", "1", 1, false, false,
	  "TCMALLOC_RELEASE_RATE=1" },
	{ "tcmalloc", "2.10", "TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES", "64M", 1, true, true,
	  "TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES=67108864" },
	{ "tcmalloc", "2.10", "TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES", "67108864", 0, true, false,
	  NULL },
	{ "tcmalloc", "2.10", "HEAPPROFILE", "/tmp/x", 0, true, false, NULL },
	{ "go", "1.24", "GOGC", "abc", 1, false, false, NULL },
	{ "go", "1.24", "GOGC", "off", 0, true, false, NULL },
	{ "go", "1.24", "GOMEMLIMIT", "1GiB", 0, true, false, NULL },
	{ "mozjemalloc", NULL, "MALLOC_OPTIONS", "rubbish", 0, true, false, NULL },
};

static void each_case_is_judged(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_identification_ struct identification target;

		set_up(&target, cases[i].allocator, cases[i].version, cases[i].variable,
		       cases[i].variable, cases[i].value);
		ineffective_find(&target);
		if (target.ineffective_count != cases[i].rows ||
		    (target.heaps[0].setting_count == 1) != cases[i].left)
			fail_msg("%s=%s: %zu rows, %zu left", cases[i].variable, cases[i].value,
				 target.ineffective_count, target.heaps[0].setting_count);
		if (!cases[i].rows)
			continue;
		const struct without_effect *row = &target.ineffective[0];
		assert_true(*row->reason);
		if (row->misread != cases[i].misread || !row->instead != !cases[i].instead ||
		    (row->instead && strcmp(row->instead, cases[i].instead) != 0))
			fail_msg("%s=%s: %s; write %s", cases[i].variable, cases[i].value,
				 row->reason, row->instead ? row->instead : "(nothing)");
	}
}

/* A variable that no heap reads, and what is meant by it; NULL: nothing is said. */
static void variables_that_nobody_reads(void **state)
{
	static const struct {
		const char *allocator, *env_var, *unread, *instead;
		bool said;
	} unread[] = {
		{ "jemalloc", "_RJEM_MALLOC_CONF", "MALLOC_CONF", "_RJEM_MALLOC_CONF=v", true },
		{ "jemalloc", "MALLOC_CONF", "MALLOC_CONFIG", "MALLOC_CONF=v", true },
		{ "glibc", "GLIBC_TUNABLES", "MALLOC_CONF", NULL, true },
		{ "glibc", "GLIBC_TUNABLES", "GLIBC_TUNABLE", "GLIBC_TUNABLES=v", true },
		{ "glibc", "GLIBC_TUNABLES", "MALLOC_TOP_PAD", "MALLOC_TOP_PAD_=v", true },
		{ "glibc", "GLIBC_TUNABLES", "MY_ALLOCATOR", NULL, false },
		{ "mimalloc", "MIMALLOC_*", "MIMALOC_PURGE_DELAY", "MIMALLOC_PURGE_DELAY=v", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(unread); i++) {
		_cleanup_identification_ struct identification target;

		set_up(&target, unread[i].allocator, NULL, unread[i].env_var, "X", "1");
		target.heaps[0].setting_count = 0;
		free(target.heaps[0].settings[0].key);
		free(target.heaps[0].settings[0].value);
		*ARRAY_PUSH(target.unread, target.unread_count, target.unread_alloc) =
			(struct setting){ xstrdup(unread[i].unread), xstrdup("v") };
		ineffective_find(&target);
		assert_int_equal(target.ineffective_count, unread[i].said);
		if (!unread[i].instead)
			continue;
		assert_string_equal(target.ineffective[0].instead, unread[i].instead);
	}
}

/* Where one allocator is unknown, it may be the one that reads the variable. */
static void an_unknown_allocator_may_read_it(void **state)
{
	_cleanup_identification_ struct identification target;

	set_up(&target, "glibc", "2.36", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "1");
	ARRAY_PUSH(target.heaps, target.heap_count, target.heap_alloc)->serves = xstrdup("x");
	*ARRAY_PUSH(target.unread, target.unread_count, target.unread_alloc) =
		(struct setting){ xstrdup("MALLOC_CONF"), xstrdup("v") };
	ineffective_find(&target);
	assert_int_equal(target.ineffective_count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_is_judged),
		cmocka_unit_test(variables_that_nobody_reads),
		cmocka_unit_test(an_unknown_allocator_may_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
