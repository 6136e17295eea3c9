/* SPDX-License-Identifier: MIT */
#include "alloc/library.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* A machine of our own: $folder/built/… and $folder/lib/…, made of the fixtures. */
static char folder[] = "/tmp/madvisor-test.XXXXXX";

static const struct {
	const char *path, *fixture, *text; /* a copy of a fixture, a text, or a folder */
} machine[] = {
	{ "built", NULL, NULL },
	{ "built/bump-2.10", NULL, NULL },
	{ "built/bump-2.10/libbump.so", "bump", NULL },
	{ "built/bump-2.10/allocator.info", NULL,
	  "name=bump\nversion=2.10\nlibrary=libbump.so\nprefix=\n" },
	{ "built/bump-2.9", NULL, NULL },
	{ "built/bump-2.9/libbump.so", "bump", NULL },
	{ "built/bump-2.9/allocator.info", NULL, "name=bump\nversion=2.9\nlibrary=libbump.so\n" },
	{ "built/bump-2.9-again", NULL, NULL },
	{ "built/bump-2.9-again/libbump.so", "bump", NULL },
	{ "built/bump-2.9-again/allocator.info", NULL,
	  "name=bump\nversion=2.9\nlibrary=libbump.so\n" },
	{ "built/prefixed", NULL, NULL },
	{ "built/prefixed/libprefixed.so", "prefixed", NULL },
	{ "built/prefixed/allocator.info", NULL,
	  "name=jemalloc\nversion=1.0\nlibrary=libprefixed.so\n" },
	{ "built/escape", NULL, NULL },
	{ "built/escape/allocator.info", NULL,
	  "name=x\nversion=1\nlibrary=../bump-2.9/libbump.so\n" },
	{ "built/gone", NULL, NULL },
	{ "built/gone/allocator.info", NULL, "name=x\nversion=1\nlibrary=libgone.so\n" },
	{ "built/empty", NULL, NULL },
	{ "built/empty/allocator.info", NULL, "" },
	{ "lib", NULL, NULL },
	{ "lib/libmimalloc.so.9", "crash", NULL },
	{ "lib/libjemalloc.so.2", NULL, "GROUP ( libjemalloc_real.so )\n" },
	{ "a b", NULL, NULL },
	{ "a b/libbump.so", "bump", NULL },
};

static char *inside(const char *path)
{
	return xasprintf("%s/%s", folder, path);
}

static void make_item(size_t i)
{
	_cleanup_free_ char *path = inside(machine[i].path);
	_cleanup_strbuf_ struct strbuf contents = STRBUF_INIT;

	if (!machine[i].fixture && !machine[i].text) {
		mkdir(path, 0700);
		return;
	}
	if (machine[i].fixture) {
		_cleanup_free_ char *from =
			xasprintf(FIXTURE_DIR "/libfixture-%s.so", machine[i].fixture);
		if (strbuf_read_file(&contents, from, 1 << 26) < 0)
			abort();
	} else {
		strbuf_addstr(&contents, machine[i].text);
	}
	FILE *out = fopen(path, "w");
	if (!out || fwrite(contents.buf, 1, contents.len, out) != contents.len || fclose(out))
		abort();
}

static struct library_set set;

static int make_machine(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
		make_item(i);
	char *built[] = { inside("built"), inside("no-such"), NULL };
	char *system[] = { inside("lib"), NULL };
	const struct library_search search = { built, system, NULL };
	library_set_discover(&set, &search);
	free(built[0]);
	free(built[1]);
	free(system[0]);
	return 0;
}

static int remove_machine(void **state)
{
	library_set_release(&set);
	for (size_t i = ARRAY_SIZE(machine); i-- > 0;) {
		_cleanup_free_ char *path = inside(machine[i].path);
		if (remove(path) < 0)
			return -1;
	}
	return rmdir(folder);
}

static void the_c_library_is_always_there(void **state)
{
	const struct library *libc = library_set_find(&set, "glibc", NULL);

	assert_ptr_equal(libc, &set.items[0]);
	assert_int_equal(libc->origin, LIBRARY_LIBC);
	assert_string_equal(libc->version, gnu_get_libc_version());
	assert_int_equal(access(libc->path, R_OK), 0);
	assert_int_equal(library_check_preload(libc, NULL), 0);
}

static void the_newest_comes_first(void **state)
{
	const struct library *newest = library_set_find(&set, "bump", NULL);
	const struct library *older = library_set_find(&set, "bump", "2.9");

	assert_string_equal(newest->version, "2.10");
	assert_string_equal(older->version, "2.9");
	assert_ptr_equal(library_set_find(&set, "bump", "2"), newest);
	assert_null(library_set_find(&set, "bump", "2.1"));
	assert_null(library_set_find(&set, "bump", "3"));
	assert_null(library_set_find(&set, "bum", NULL));
}

static void every_library_has_a_name_of_its_own(void **state)
{
	unsigned int bumps = 0;

	for (size_t i = 0; i < set.count; i++) {
		_cleanup_free_ char *name = library_contender_name(&set, &set.items[i]);

		for (size_t k = 0; k < i; k++) {
			_cleanup_free_ char *other = library_contender_name(&set, &set.items[k]);

			assert_string_not_equal(name, other);
		}
		if (!strcmp(set.items[i].name, "bump"))
			bumps++;
		if (!strcmp(name, "bump@2.9"))
			assert_string_equal(set.items[i].version, "2.9");
	}
	assert_int_equal(bumps, 3);
}

static void what_is_no_library_is_left_out(void **state)
{
	assert_null(library_set_find(&set, "x", NULL));
	assert_null(library_set_find(&set, "jemalloc", NULL)); /* a linker script */
	assert_int_equal(set.count, 1 + 3 + 1 + 1);            /* glibc, bump, prefixed, mimalloc */
}

static void a_prefixed_library_is_listed_but_not_preloaded(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	const struct library *library = library_set_find(&set, "jemalloc-my", NULL);

	assert_non_null(library);
	assert_string_equal(library->prefix, "my_");
	assert_string_equal(library->version, "5.9.8"); /* its own word, not allocator.info's */
	assert_ptr_equal(library->allocator, &allocator_jemalloc);
	assert_int_equal(library_check_preload(library, &err), -EINVAL);
	assert_non_null(strstr(err.message, "my_malloc"));
	assert_non_null(strstr(err.hint, "MY_MALLOC_CONF"));
}

static void a_library_that_crashes_has_no_version(void **state)
{
	const struct library *library = library_set_find(&set, "mimalloc", NULL);

	assert_non_null(library);
	assert_null(library->version);
}

static void assert_not_opened(const char *path, const char *word)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct library library;

	assert_true(library_open(path, NULL, NULL, &library, &err) < 0);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_non_null(strstr(err.message, word));
	assert_non_null(err.hint);
}

static void files_that_cannot_be_loaded_are_refused(void **state)
{
	_cleanup_free_ char *foreign = inside("foreign.so");
	_cleanup_strbuf_ struct strbuf contents = STRBUF_INIT;

	assert_int_equal(strbuf_read_file(&contents, FIXTURE_DIR "/libfixture-bump.so", 1 << 26),
			 0);
	contents.buf[18] = (char)243; /* e_machine: EM_RISCV, on either byte order */
	contents.buf[19] = 0;
	FILE *out = fopen(foreign, "w");
	assert_non_null(out);
	fwrite(contents.buf, 1, contents.len, out);
	fclose(out);
	assert_not_opened(foreign, "is for riscv64");
	unlink(foreign);
	assert_not_opened("/no/such/lib.so", "No such file");
	assert_not_opened("/etc/passwd", "no ELF");
	assert_not_opened("/proc/self/exe", "not a shared library");
}

static void assert_no_preload(const char *path, const char *word)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_library_ struct library library = { 0 };

	assert_int_equal(library_open(path, "given", NULL, &library, NULL), 0);
	assert_string_equal(library.name, "given");
	assert_int_equal(library_check_preload(&library, &err), -EINVAL);
	assert_non_null(strstr(err.message, word));
	assert_non_null(err.hint);
}

static void libraries_that_cannot_serve_malloc_are_refused(void **state)
{
	_cleanup_free_ char *spaced = inside("a b/libbump.so");

	assert_no_preload(FIXTURE_DIR "/libfixture-none.so",
			  "defines no malloc: it is no allocator");
	assert_no_preload(FIXTURE_DIR "/libfixture-half.so", "defines no realloc");
	assert_no_preload(set.items[0].path, "is a C library");
	assert_no_preload(spaced, "LD_PRELOAD cannot carry");
}

static void missing_functions_are_named(void **state)
{
	const struct library *bump = library_set_find(&set, "bump", NULL);
	_cleanup_free_ char *missing = library_missing_functions(bump);
	_cleanup_free_ char *none = library_missing_functions(&set.items[0]);

	assert_string_equal(missing, "posix_memalign, aligned_alloc, memalign, malloc_usable_size");
	assert_string_equal(none, "");
}

static void this_machine_s_directories_are_real(void **state)
{
	_cleanup_library_search_ struct library_search search = { 0 };
	_cleanup_free_ char *built = inside("built");
	bool seen = false;

	setenv("MADVISOR_ALLOCATOR_PATH", "/no/such:", 1);
	library_search_init(&search, built);
	unsetenv("MADVISOR_ALLOCATOR_PATH");
	for (size_t i = 0; search.built_dirs[i]; i++)
		seen |= !strcmp(search.built_dirs[i], built);
	assert_true(seen);
	assert_non_null(search.system_dirs[0]);
	seen = false;
	for (size_t i = 0; search.system_dirs[i]; i++) {
		_cleanup_free_ char *libc = xasprintf("%s/libc.so.6", search.system_dirs[i]);
		struct stat st;

		assert_int_equal(stat(search.system_dirs[i], &st), 0);
		seen |= access(libc, R_OK) == 0;
	}
	assert_true(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_c_library_is_always_there),
		cmocka_unit_test(the_newest_comes_first),
		cmocka_unit_test(every_library_has_a_name_of_its_own),
		cmocka_unit_test(what_is_no_library_is_left_out),
		cmocka_unit_test(a_prefixed_library_is_listed_but_not_preloaded),
		cmocka_unit_test(a_library_that_crashes_has_no_version),
		cmocka_unit_test(files_that_cannot_be_loaded_are_refused),
		cmocka_unit_test(libraries_that_cannot_serve_malloc_are_refused),
		cmocka_unit_test(missing_functions_are_named),
		cmocka_unit_test(this_machine_s_directories_are_real),
	};

	return cmocka_run_group_tests(tests, make_machine, remove_machine);
}
