/* SPDX-License-Identifier: MIT */
/* What of a process's map is a heap of glibc's arenas, and what only looks like one. */
#include "alloc/arenas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void expect(const char *maps, uint64_t heaps, uint64_t bytes)
{
	struct arenas arenas;

	arenas_parse(maps, &arenas);
	if (arenas.heaps != heaps || arenas.bytes != bytes)
		fail_msg("%llu heaps of %llu bytes, wanted %llu of %llu in:\n%s",
			 (unsigned long long)arenas.heaps, (unsigned long long)arenas.bytes,
			 (unsigned long long)heaps, (unsigned long long)bytes, maps);
}

/* Recorded: the main arena, two heaps, the stack of a thread with its guard, the C library. */
static void a_recorded_map(void **state)
{
	expect("55d0c8a00000-55d0c8a21000 rw-p 00000000 00:00 0                          [heap]\n"
	       "7f3b48000000-7f3b48021000 rw-p 00000000 00:00 0 \n"
	       "7f3b48021000-7f3b4c000000 ---p 00000000 00:00 0 \n"
	       "7f3b50000000-7f3b50400000 rw-p 00000000 00:00 0 \n"
	       "7f3b50400000-7f3b54000000 ---p 00000000 00:00 0 \n"
	       "7f3b5655e000-7f3b5655f000 ---p 00000000 00:00 0 \n"
	       "7f3b5655f000-7f3b56d5f000 rw-p 00000000 00:00 0 \n"
	       "7f3b56d60000-7f3b56d86000 r--p 00000000 fe:00 131090                     /usr/lib/libc.so.6\n",
	       2, 0x21000 + 0x400000);
}

static void all_mappings_are_counted(void **state)
{
	struct arenas arenas;

	arenas_parse("7f0000000000-7f0000200000 rw-p 00000000 fe:00 12 /data\n"
		     "7f0000200000-7f0004000000 ---p 00000000 00:00 0 \n"
		     "7f0004000000-7f0005000000 rw-s 00000000 00:00 0 \n",
		     &arenas);
	assert_int_equal(arenas.mappings, 3);
}

/* Neighbours: the kernel shows two full heaps and the third's part as one mapping. */
static void full_heaps_are_merged(void **state)
{
	expect("7f0000000000-7f0009000000 rw-p 00000000 00:00 0 \n"
	       "7f0009000000-7f000c000000 ---p 00000000 00:00 0 \n",
	       3, 0x9000000);
}

/* Huge pages asked for in a part of it. */
static void a_heap_in_pieces(void **state)
{
	expect("7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"
	       "7f0000200000-7f0000900000 rw-p 00000000 00:00 0 \n"
	       "7f0000900000-7f0004000000 ---p 00000000 00:00 0 \n",
	       1, 0x900000);
}

static void what_only_looks_like_one(void **state)
{
	/* Not aligned; not up to the next boundary; not adjacent; a file's; shared; executable. */
	expect("7f0001000000-7f0001200000 rw-p 00000000 00:00 0 \n"
	       "7f0001200000-7f0004000000 ---p 00000000 00:00 0 \n",
	       0, 0);
	expect("7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"
	       "7f0000200000-7f0003000000 ---p 00000000 00:00 0 \n",
	       0, 0);
	expect("7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"
	       "7f0000300000-7f0004000000 ---p 00000000 00:00 0 \n",
	       0, 0);
	expect("7f0000000000-7f0000200000 rw-p 00000000 fe:00 12 /data\n"
	       "7f0000200000-7f0004000000 ---p 00000000 00:00 0 \n",
	       0, 0);
	expect("7f0000000000-7f0000200000 rw-s 00000000 00:00 0 \n"
	       "7f0000200000-7f0004000000 ---p 00000000 00:00 0 \n",
	       0, 0);
	expect("7f0000000000-7f0000200000 rwxp 00000000 00:00 0 \n"
	       "7f0000200000-7f0004000000 ---p 00000000 00:00 0 \n",
	       0, 0);
	/* Named, as some allocators do (PR_SET_VMA_ANON_NAME). */
	expect("7f0000000000-7f0000200000 rw-p 00000000 00:00 0 [anon:mine]\n"
	       "7f0000200000-7f0004000000 ---p 00000000 00:00 0 \n",
	       0, 0);
}

static void what_is_no_map(void **state)
{
	expect("", 0, 0);
	expect("\n\n", 0, 0);
	expect("7f00", 0, 0);
	expect("-\n- rw-p\nffffffffffffffffffff-0 rw-p 0 0 0\n7f0000000000-7f0000000000 rw-p 0 0 0\n",
	       0, 0);
	expect("ffffffffff000000-0 rw-p 00000000 00:00 0 \n0-4000000 ---p 00000000 00:00 0 \n", 0,
	       0);
	expect("0-ffffffffffffffff rw-p 00000000 00:00 0 \n"
	       "ffffffffffffffff-ffffffffffffffff ---p 00000000 00:00 0 \n",
	       0, 0);
}

static void ones_own(void **state)
{
	struct arenas arenas;

	assert_int_equal(arenas_read(getpid(), &arenas), 0);
	assert_true(arenas.mappings > 5);
	assert_true(arenas_read(0x7fffffff, &arenas) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_map),
		cmocka_unit_test(all_mappings_are_counted),
		cmocka_unit_test(full_heaps_are_merged),
		cmocka_unit_test(a_heap_in_pieces),
		cmocka_unit_test(what_only_looks_like_one),
		cmocka_unit_test(what_is_no_map),
		cmocka_unit_test(ones_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
