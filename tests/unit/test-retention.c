/* SPDX-License-Identifier: MIT */
/* What allocators said at the end of a program's processes, and what a program wrote in their place. */
#include "alloc/retention.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"

static void the_largest_process_counts(void **state)
{
	struct retention told;

	assert_int_equal(retention_parse("12 jemalloc 1000 10 900 500 - 0 10000\n"
					 "13 jemalloc 5000 20 4000 3000 - 1 -1\n"
					 "14 tcmalloc 2000 30 1500 100 50 - -\n",
					 &told),
			 0);
	assert_int_equal(told.pid, 13);
	assert_string_equal(told.allocator, "jemalloc");
	assert_true(told.resident == 5000 && told.live == 20 && told.taken == 4000);
	assert_true(told.freeable == 3000 && told.background == 1 && told.decay_ms == -1);
	assert_true(isnan(told.cached));
	assert_int_equal(retention_parse("14 tcmalloc 2000 30 1500 100 50 - -\n", &told), 0);
	assert_true(told.cached == 50 && isnan(told.background) && isnan(told.decay_ms));
}

static void other_lines_do_not(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"12\n",
		"12 jemalloc\n",
		"x jemalloc 1 1 1 1 1 1 1\n",
		"12 mymalloc 1 1 1 1 1 1 1\n",
		"12 jemallocs 1 1 1 1 1 1 1\n",
		"12 jemalloc 1 1 1 1 1 1\n",
		"12 jemalloc 1 1 1 1 1 1 1 1\n",
		"12 jemalloc 1 1 1 1 1 1 1",
		"12 jemalloc - 1 1 1 1 1 1\n",
		"12 jemalloc 1 -1 1 1 1 1 1\n",
		"12 jemalloc 1 nan 1 1 1 1 1\n",
		"12 jemalloc 1 0x10 1 1 1 1 1\n",
		"12 jemalloc 99999999999999999999 1 1 1 1 1 1\n",
		"99999999999 jemalloc 1 1 1 1 1 1 1\n",
	};
	struct retention told;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(retention_parse(lines[i], &told), -ENODATA);
}

static const char *find(char **environment, const char *start)
{
	for (size_t i = 0; environment[i]; i++)
		if (!strncmp(environment[i], start, strlen(start)))
			return environment[i] + strlen(start);
	return NULL;
}

static void the_library_stands_first_and_is_asked(void **state)
{
	struct witness witness = WITNESS_INIT;
	char *own[] = { (char *)"LD_PRELOAD=/a.so", (char *)"X=1", NULL };

	witness.library = (char *)"/w.so";
	witness.file = (char *)"/tmp/f";
	char **asked = retention_environment(&witness, own);
	assert_string_equal(find(asked, "LD_PRELOAD="), "/w.so:/a.so");
	assert_string_equal(find(asked, "MADVISOR_RETAINED="), "/tmp/f");
	assert_string_equal(find(asked, "X="), "1");
	assert_null(find(asked, "MADVISOR_WITNESS="));
	strv_free(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_process_counts),
		cmocka_unit_test(other_lines_do_not),
		cmocka_unit_test(the_library_stands_first_and_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
