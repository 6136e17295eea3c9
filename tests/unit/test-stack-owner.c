/* SPDX-License-Identifier: MIT */
#include "alloc/stack-owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "alloc/frame-role.h"
#include "base/array.h"

#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"
#define LOADER "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
#define PROGRAM "/opt/app/worker"
#define ARROW "/opt/lib/libarrow.so.1700"

/* A place: the role is found. */
#define AT(name, object)                               \
	{                                              \
		.function = (name), .module = (object) \
	}

/* Innermost first; { NULL, NULL } ends it. */
struct walk {
	struct code_place places[8];
	bool is_whole;
};

static enum owner owner_in(const struct identification *program, const struct walk *walk)
{
	struct code_place places[ARRAY_SIZE(walk->places)];
	size_t count = 0;

	for (; count < ARRAY_SIZE(places) && walk->places[count].module; count++) {
		places[count] = walk->places[count];
		places[count].role =
			frame_role(program, places[count].function, places[count].module);
	}
	return stack_owner(program, places, count, walk->is_whole);
}

/* A program under glibc, with a mimalloc inside a library. */
static enum owner owner_of(struct walk walk)
{
	struct heap heaps[] = {
		{ .allocator = (char[]){ "glibc" }, .how = HEAP_LIBC, .object = (char[]){ LIBC } },
		{ .allocator = (char[]){ "mimalloc" },
		  .how = HEAP_LINKED_IN,
		  .object = (char[]){ ARROW } },
	};
	const struct identification program = { .heaps = heaps, .heap_count = ARRAY_SIZE(heaps) };

	return owner_in(&program, &walk);
}

#define OWNER(...) owner_of((struct walk){ .places = { __VA_ARGS__ } })

static void the_allocator_lies_between_the_call_and_the_program(void **state)
{
	assert_int_equal(OWNER(AT("munmap", LIBC), AT("munmap_chunk", LIBC), AT("free", LIBC),
			       AT("drop", PROGRAM)),
			 OWNER_ALLOCATOR);
	/* Without names, as distributions ship it. */
	assert_int_equal(OWNER(AT("madvise", LIBC), AT(NULL, LIBC), AT("free", LIBC),
			       AT("drop", PROGRAM)),
			 OWNER_ALLOCATOR);
	assert_int_equal(OWNER(AT("brk", LIBC), AT("sbrk", LIBC), AT(NULL, LIBC),
			       AT("operator delete(void*)", "/usr/lib/libstdc++.so.6"),
			       AT("drop", PROGRAM)),
			 OWNER_ALLOCATOR);
	/* In a thread of its own: the allocator is what comes first. */
	assert_int_equal(OWNER(AT("madvise", LIBC), AT("_int_free", LIBC), AT("start_thread", LIBC),
			       AT("__clone3", LIBC)),
			 OWNER_ALLOCATOR);
}

static void what_the_program_calls_itself_is_its_own(void **state)
{
	assert_int_equal(OWNER(AT("munmap", LIBC), AT("drop", PROGRAM), AT("main", PROGRAM)),
			 OWNER_MAPPING);
	assert_int_equal(OWNER(AT("drop", PROGRAM), AT("start_thread", LIBC)), OWNER_MAPPING);
	/* Also in a library with an allocator, where the function has a name that is not the allocator's. */
	assert_int_equal(OWNER(AT("munmap", LIBC), AT("arrow::MemoryMappedFile::Close()", ARROW),
			       AT("main", PROGRAM)),
			 OWNER_MAPPING);
}

static void a_request_is_the_programs(void **state)
{
	assert_int_equal(OWNER(AT("madvise", LIBC), AT("mtrim", LIBC), AT("malloc_trim", LIBC),
			       AT("idle", PROGRAM)),
			 OWNER_TRIM);
	assert_int_equal(OWNER(AT("madvise", LIBC), AT("__malloc_trim", LIBC), AT("idle", PROGRAM)),
			 OWNER_TRIM);
	struct heap heap = { .allocator = (char[]){ "jemalloc" },
			     .how = HEAP_NEEDED,
			     .object = (char[]){ "/lib/libjemalloc.so.2" } };
	const struct identification program = { .heaps = &heap, .heap_count = 1 };
	const struct walk purge = {
		.places = { AT("madvise", LIBC), AT(NULL, "/lib/libjemalloc.so.2"),
			    AT("mallctl", "/lib/libjemalloc.so.2"), AT("idle", PROGRAM) }
	};
	const struct walk decay = {
		.places = { AT("madvise", LIBC), AT(NULL, "/lib/libjemalloc.so.2"),
			    AT("free", "/lib/libjemalloc.so.2"), AT("mallctl_of_mine", PROGRAM) }
	};

	assert_int_equal(owner_in(&program, &purge), OWNER_TRIM);
	assert_int_equal(owner_in(&program, &decay), OWNER_ALLOCATOR);
}

static void threads_are_the_c_librarys(void **state)
{
	assert_int_equal(OWNER(AT("madvise", LIBC), AT("start_thread", LIBC), AT("__clone3", LIBC)),
			 OWNER_THREADS);
	assert_int_equal(OWNER(AT("madvise", LIBC), AT(NULL, LIBC), AT(NULL, LIBC),
			       AT("__clone3", LIBC)),
			 OWNER_THREADS);
	assert_int_equal(OWNER(AT("munmap", LIBC), AT(NULL, LIBC), AT("pthread_join", LIBC),
			       AT("main", PROGRAM)),
			 OWNER_THREADS);
	assert_int_equal(OWNER(AT("mmap", LIBC), AT("pthread_create", LIBC), AT("main", PROGRAM)),
			 OWNER_THREADS);
}

/* Without the C library's debug symbols, by the depth of the call. */
static void the_start_of_a_thread_has_no_name(void **state)
{
	struct walk walk = { { AT("__madvise", LIBC), AT(NULL, LIBC), AT(NULL, LIBC) }, true };
	const struct identification program = { 0 };

	assert_int_equal(owner_in(&program, &walk), OWNER_THREADS);
	walk.is_whole = false;
	assert_int_equal(owner_in(&program, &walk), OWNER_UNKNOWN);
	/* The allocator at a thread's end. */
	walk = (struct walk){ { AT("__madvise", LIBC), AT(NULL, LIBC), AT(NULL, LIBC),
				AT(NULL, LIBC), AT(NULL, LIBC) },
			      true };
	assert_int_equal(owner_in(&program, &walk), OWNER_UNKNOWN);
	walk = (struct walk){ { AT("__madvise", LIBC), AT(NULL, PROGRAM), AT(NULL, LIBC) }, true };
	assert_int_equal(owner_in(&program, &walk), OWNER_MAPPING);
}

static void the_loader_is_told(void **state)
{
	assert_int_equal(OWNER(AT("munmap", LOADER), AT(NULL, LOADER)), OWNER_EXEC);
	assert_int_equal(OWNER(AT(NULL, LOADER), AT("dlopen", LIBC), AT("main", PROGRAM)),
			 OWNER_EXEC);
}

static void a_library_may_have_its_own(void **state)
{
	assert_int_equal(OWNER(AT("munmap", LIBC), AT("mi_free", ARROW),
			       AT("arrow::Release", ARROW), AT("main", PROGRAM)),
			 OWNER_OTHER_ALLOCATOR);
	/* Stripped. */
	assert_int_equal(OWNER(AT("madvise", LIBC), AT(NULL, ARROW), AT("main", PROGRAM)),
			 OWNER_OTHER_ALLOCATOR);
}

static void a_heap_that_is_linked_in_has_no_names_where_it_is_stripped(void **state)
{
	struct heap heap = { .allocator = (char[]){ "jemalloc" },
			     .how = HEAP_LINKED_IN,
			     .object = (char[]){ PROGRAM } };
	const struct identification program = { .heaps = &heap, .heap_count = 1 };
	const struct walk stripped = { .places = { AT("madvise", LIBC), AT(NULL, PROGRAM) } };
	const struct walk named = { .places = { AT("munmap", LIBC), AT("drop", PROGRAM) } };

	assert_int_equal(owner_in(&program, &stripped), OWNER_ALLOCATOR);
	assert_int_equal(owner_in(&program, &named), OWNER_MAPPING);
}

static void runtimes_have_heaps(void **state)
{
	const char *python = "/usr/bin/python3.11";

	assert_int_equal(OWNER(AT("munmap", LIBC), AT(NULL, python), AT("PyObject_Free", python),
			       AT("main", python)),
			 OWNER_RUNTIME);
	/* Stripped: the functions of its arenas have no names. */
	assert_int_equal(OWNER(AT("munmap", LIBC), AT(NULL, python), AT(NULL, python),
			       AT("PyList_Append", python)),
			 OWNER_RUNTIME);
	/* Its mmap module, on behalf of the program. */
	assert_int_equal(OWNER(AT("munmap", LIBC), AT("mmap_close_method", python),
			       AT("_PyEval_EvalFrameDefault", python)),
			 OWNER_MAPPING);
	assert_int_equal(OWNER(AT("munmap", LIBC),
			       AT(NULL, "/usr/lib/python3.11/lib-dynload/mmap.cpython-311.so"),
			       AT(NULL, python)),
			 OWNER_MAPPING);
	assert_int_equal(OWNER(AT("madvise", LIBC), AT(NULL, "/opt/jdk/lib/server/libjvm.so")),
			 OWNER_RUNTIME);
	assert_int_equal(OWNER(AT("munmap", LIBC), AT(NULL, "/usr/bin/node")), OWNER_RUNTIME);
	assert_int_equal(OWNER(AT("mmap", LIBC),
			       AT("wasmtime::runtime::vm::mmap::Mmap::new", PROGRAM),
			       AT("main", PROGRAM)),
			 OWNER_RUNTIME);
}

/* A static program: names tell its allocator from itself, and without them nothing does. */
static void a_stripped_static_file_tells_nothing(void **state)
{
	struct heap heap = { .allocator = (char[]){ "glibc" },
			     .how = HEAP_LIBC,
			     .object = (char[]){ PROGRAM } };
	const struct identification program = { .heaps = &heap, .heap_count = 1 };
	const struct walk stripped = { .places = { AT(NULL, PROGRAM), AT(NULL, PROGRAM) } };
	const struct walk named = { .places = { AT("munmap", PROGRAM), AT("main", PROGRAM) } };

	assert_int_equal(owner_in(&program, &stripped), OWNER_UNKNOWN);
	assert_int_equal(owner_in(&program, &named), OWNER_MAPPING);
}

static void what_tells_nothing_is_unknown(void **state)
{
	assert_int_equal(OWNER(AT("munmap", LIBC)), OWNER_UNKNOWN);
	assert_int_equal(OWNER(AT(NULL, NULL)), OWNER_UNKNOWN);
	/* Where the C library's names could not be read, the program may have called malloc as well as mmap. */
	assert_int_equal(OWNER(AT(NULL, LIBC), AT("drop", PROGRAM), AT("main", PROGRAM)),
			 OWNER_UNKNOWN);
	assert_int_equal(OWNER(AT(NULL, LIBC), AT(NULL, LIBC), AT("drop", PROGRAM)), OWNER_UNKNOWN);
}

static void names_are_read_back(void **state)
{
	for (int i = 0; i < OWNERS; i++)
		assert_int_equal(owner_by_name(owner_name((enum owner)i)), i);
	assert_int_equal(owner_by_name("nobody"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_allocator_lies_between_the_call_and_the_program),
		cmocka_unit_test(what_the_program_calls_itself_is_its_own),
		cmocka_unit_test(a_request_is_the_programs),
		cmocka_unit_test(threads_are_the_c_librarys),
		cmocka_unit_test(the_start_of_a_thread_has_no_name),
		cmocka_unit_test(the_loader_is_told),
		cmocka_unit_test(a_library_may_have_its_own),
		cmocka_unit_test(a_heap_that_is_linked_in_has_no_names_where_it_is_stripped),
		cmocka_unit_test(runtimes_have_heaps),
		cmocka_unit_test(a_stripped_static_file_tells_nothing),
		cmocka_unit_test(what_tells_nothing_is_unknown),
		cmocka_unit_test(names_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
