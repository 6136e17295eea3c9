/* SPDX-License-Identifier: MIT */
/* Which of a program's allocators the settings of self[...] are for. */
#include "alloc/self-heap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

#define HEAP(name, variable, file, choice)                                      \
	{                                                                       \
		.allocator = (char[]){ name }, .env_var = (char[]){ variable }, \
		.object = (char[]){ file }, .chosen_by = choice                 \
	}
#define POOL                                \
	(char[])                            \
	{                                   \
		"ARROW_DEFAULT_MEMORY_POOL" \
	}

struct row {
	const char *contender;
	const char *variable; /* of the heap that is meant; NULL: refused */
	const char *key;      /* of the first setting left */
	const char *choice;   /* the first assignment that chooses */
	const char *error;
};

static void check(struct heap *heaps, size_t count, const struct row *row)
{
	const struct identification program = { .heaps = heaps, .heap_count = count };
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };
	_cleanup_self_heap_ struct self_heap found = { 0 };
	_cleanup_error_ struct error err = ERROR_INIT;

	print_message("%s\n", row->contender);
	assert_int_equal(contender_spec_parse(row->contender, &spec, NULL), 0);
	int r = self_heap_find(&spec, &program, &found, &err);
	if (row->error) {
		assert_int_equal(r, -EINVAL);
		assert_non_null(strstr(err.message, row->error));
		assert_non_null(err.hint);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(found.heap->env_var, row->variable);
	if (row->key)
		assert_string_equal(found.spec.settings[0].key, row->key);
	else
		assert_int_equal(found.spec.setting_count, 0);
	if (row->choice)
		assert_string_equal(found.choices.items[0], row->choice);
	else
		assert_int_equal(found.choices.count, 0);
}

static void test_of_one_more(void **state)
{
	struct heap heaps[] = {
		HEAP("glibc", "GLIBC_TUNABLES", "/libc.so.6", NULL),
		HEAP("jemalloc", "_RJEM_MALLOC_CONF", "/polars.so", NULL),
	};
	static const struct row rows[] = {
		{ "self[arena_max:1]", "GLIBC_TUNABLES", "arena_max", NULL, NULL },
		{ "self[narenas:1]", "_RJEM_MALLOC_CONF", "narenas", NULL, NULL },
		{ "self[narenas:1,tcache:false]", "_RJEM_MALLOC_CONF", "narenas", NULL, NULL },
		{ "self[_RJEM_MALLOC_CONF.narenas:1]", "_RJEM_MALLOC_CONF", "narenas", NULL, NULL },
		/* Nobody's: the first one says so. */
		{ "self[no_such:1]", "GLIBC_TUNABLES", "no_such", NULL, NULL },
		{ "self[narenas:1,arena_max:1]", "GLIBC_TUNABLES", "narenas", NULL, NULL },
		{ "self[_RJEM_MALLOC_CONF.narenas:1,GLIBC_TUNABLES.arena_max:1]", NULL, NULL, NULL,
		  "for two allocators: _RJEM_MALLOC_CONF and GLIBC_TUNABLES" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(heaps, 2, &rows[i]);
	(void)state;
}

static void test_of_two_alike(void **state)
{
	struct heap heaps[] = {
		HEAP("glibc", "GLIBC_TUNABLES", "/libc.so.6", NULL),
		HEAP("jemalloc", "_RJEM_MALLOC_CONF", "/polars.so", NULL),
		HEAP("jemalloc", "DUCKDB_JE_MALLOC_CONF", "/duckdb.so", NULL),
	};
	static const struct row rows[] = {
		{ "self[narenas:1]", NULL, NULL, NULL,
		  "that of /polars.so (_RJEM_MALLOC_CONF) and that of /duckdb.so" },
		{ "self[DUCKDB_JE_MALLOC_CONF.narenas:1]", "DUCKDB_JE_MALLOC_CONF", "narenas", NULL,
		  NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(heaps, 3, &rows[i]);
	/* The first one needs no name. */
	check(heaps + 1, 2,
	      &(struct row){ "self[narenas:1]", "_RJEM_MALLOC_CONF", "narenas", NULL, NULL });
	(void)state;
}

static void test_of_a_choice(void **state)
{
	struct heap heaps[] = {
		HEAP("glibc", "GLIBC_TUNABLES", "/libc.so.6", NULL),
		HEAP("jemalloc", "JE_ARROW_MALLOC_CONF", "/libarrow.so", POOL),
		HEAP("mimalloc", "MIMALLOC_*", "/libarrow.so", POOL),
	};
	static const struct row rows[] = {
		{ "self[ARROW_DEFAULT_MEMORY_POOL=jemalloc]", "JE_ARROW_MALLOC_CONF", NULL,
		  "ARROW_DEFAULT_MEMORY_POOL=jemalloc", NULL },
		{ "self[ARROW_DEFAULT_MEMORY_POOL=mimalloc,purge_delay=0]", "MIMALLOC_*",
		  "purge_delay", "ARROW_DEFAULT_MEMORY_POOL=mimalloc", NULL },
		{ "self[ARROW_DEFAULT_MEMORY_POOL=system,arena_max=1]", "GLIBC_TUNABLES",
		  "arena_max", "ARROW_DEFAULT_MEMORY_POOL=system", NULL },
		{ "self[ARROW_DEFAULT_MEMORY_POOL=hoard]", NULL, NULL, NULL, "takes no 'hoard'" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(heaps, 3, &rows[i]);
	(void)state;
}

/* Whether a run of the command is worth its time. */
static void test_elsewhere(void **state)
{
	struct heap heaps[] = { HEAP("glibc", "GLIBC_TUNABLES", "/libc.so.6", NULL) };
	const struct identification program = { .heaps = heaps, .heap_count = 1 };
	static const struct {
		const char *contender;
		bool elsewhere;
	} rows[] = {
		{ "self", false },
		{ "self[arena_max:1]", false },
		{ "self[GLIBC_TUNABLES.arena_max:1]", false },
		{ "self[no_such:1]", false },
		{ "self[narenas:1]", true },
		{ "self[purge_delay=0]", true },
		{ "self[_RJEM_MALLOC_CONF.narenas:1]", true },
		{ "self[ARROW_DEFAULT_MEMORY_POOL=jemalloc]", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_contender_spec_ struct contender_spec spec = { 0 };

		print_message("%s\n", rows[i].contender);
		assert_int_equal(contender_spec_parse(rows[i].contender, &spec, NULL), 0);
		assert_int_equal(self_heap_is_elsewhere(&spec, &program), rows[i].elsewhere);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_one_more),
		cmocka_unit_test(test_of_two_alike),
		cmocka_unit_test(test_of_a_choice),
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
