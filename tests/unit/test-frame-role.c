/* SPDX-License-Identifier: MIT */
#include "alloc/frame-role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

#define LIB "/usr/lib/x86_64-linux-gnu/"

/* A program with one heap. */
static enum frame_role role(const char *allocator, enum heap_how how, const char *object,
			    const char *function, const char *module)
{
	struct heap heap = { .allocator = (char *)allocator, .how = how, .object = (char *)object };
	const struct identification program = { .heaps = &heap, .heap_count = 1 };

	return frame_role(&program, function, module);
}

static void the_allocators_file_is_its_own(void **state)
{
	const char *lib = LIB "libjemalloc.so.2";

	assert_int_equal(role("jemalloc", HEAP_PRELOADED, lib, NULL, lib), FRAME_ALLOCATOR);
	/* Also under a wrapper such as env, whose own heap is another. */
	assert_int_equal(role("glibc", HEAP_LIBC, LIB "libc.so.6", NULL, lib), FRAME_ALLOCATOR);
	assert_int_equal(role("glibc", HEAP_LIBC, LIB "libc.so.6", NULL, LIB "libtbbmalloc.so.2"),
			 FRAME_ALLOCATOR);
	/* A library that nobody knows, told by what was found to serve the program. */
	assert_int_equal(role(NULL, HEAP_NEEDED, "/opt/libmine.so", "helper", "/opt/libmine.so"),
			 FRAME_ALLOCATOR);
	assert_int_equal(role("glibc", HEAP_LIBC, LIB "libc.so.6", "helper", "/opt/libmine.so"),
			 FRAME_PROGRAM);
}

static void the_c_library_is_more_than_its_heap(void **state)
{
	const char *libc = LIB "libc.so.6";

	assert_int_equal(role("glibc", HEAP_LIBC, libc, "systrim", libc), FRAME_ALLOCATOR);
	assert_int_equal(role("glibc", HEAP_LIBC, libc, "__libc_free", libc), FRAME_ALLOCATOR);
	assert_int_equal(role("glibc", HEAP_LIBC, libc, "__memset_avx2_unaligned", libc),
			 FRAME_RUNTIME);
	assert_int_equal(role("glibc", HEAP_LIBC, libc, NULL, libc), FRAME_RUNTIME);
	assert_int_equal(role("glibc", HEAP_LIBC, libc, "qsort", libc), FRAME_RUNTIME);
}

static void linked_in_it_is_told_by_names(void **state)
{
	static const struct {
		const char *allocator, *function;
	} own[] = {
		{ "jemalloc", "je_arena_decay" },
		{ "jemalloc", "_rjem_je_pages_purge_forced" },
		{ "mimalloc", "_mi_page_free" },
		{ "mimalloc", "mi_free" },
		{ "tcmalloc", "tc_delete" },
		{ "snmalloc", "snmalloc::dealloc(void*)" },
		{ "glibc", "_int_free" },
		{ "jemalloc", "free" },
		{ "jemalloc", "operator new(unsigned long)" },
		{ "jemalloc", "__rust_dealloc" },
		{ "jemalloc", "__rustc::__rust_alloc" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (role(own[i].allocator, HEAP_LINKED_IN, "/bin/p", own[i].function, "/bin/p") !=
		    FRAME_ALLOCATOR)
			fail_msg("%s", own[i].function);
	assert_int_equal(role("mimalloc", HEAP_LINKED_IN, "/bin/p", "main", "/bin/p"),
			 FRAME_PROGRAM);
	assert_int_equal(role("mimalloc", HEAP_LINKED_IN, "/bin/p", NULL, "/bin/p"), FRAME_PROGRAM);
	/* MyISAM's own mi_close() is no allocator's. */
	assert_int_equal(role("glibc", HEAP_LIBC, LIB "libc.so.6", "mi_close", "/bin/mariadbd"),
			 FRAME_PROGRAM);
}

static enum frame_role in_program(const char *function)
{
	return role("glibc", HEAP_LIBC, LIB "libc.so.6", function, "/bin/p");
}

static void what_a_language_brings_along_is_passed_over(void **state)
{
	static const char *const brought[] = {
		"std::vector<char, std::allocator<char> >::~vector()",
		"void std::__fill_a<char*, char>(char*, char*, char const&)",
		"char* std::fill_n<char*, unsigned long, char>(char*, unsigned long, char const&)",
		"alloc::vec::Vec<T,A>::push",
		"<alloc::vec::Vec<T> as core::ops::drop::Drop>::drop",
		"hashbrown::raw::RawTable<T,A>::reserve_rehash",
		"_RNvMNtCslNYArtu3iFV_5alloc5allocNtB2_6Global10alloc_impl",
		"__libc_start_main_impl",
		"_start",
	};
	static const char *const own[] = {
		"Engine::close()",
		"take(std::vector<int>)",
		"std::vector<int> make<int>(int)",
		"int (anonymous namespace)::run(char const*)",
		"m::produce",
		"<m::Buffer as core::ops::drop::Drop>::drop",
		"_RNvCs7pQcKlmVzWq_3foo3bar",
		"main",
		"standard",
	};

	for (size_t i = 0; i < ARRAY_SIZE(brought); i++)
		if (in_program(brought[i]) != FRAME_RUNTIME)
			fail_msg("%s", brought[i]);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (in_program(own[i]) != FRAME_PROGRAM)
			fail_msg("%s", own[i]);
	assert_int_equal(role("glibc", HEAP_LIBC, LIB "libc.so.6", NULL, LIB "libstdc++.so.6.0.30"),
			 FRAME_RUNTIME);
	assert_int_equal(role("glibc", HEAP_LIBC, LIB "libc.so.6", "__vdso_gettimeofday", "[vdso]"),
			 FRAME_RUNTIME);
	assert_int_equal(role("glibc", HEAP_LIBC, LIB "libc.so.6", NULL, NULL), FRAME_PROGRAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_allocators_file_is_its_own),
		cmocka_unit_test(the_c_library_is_more_than_its_heap),
		cmocka_unit_test(linked_in_it_is_told_by_names),
		cmocka_unit_test(what_a_language_brings_along_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
