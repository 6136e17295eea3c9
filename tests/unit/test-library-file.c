/* SPDX-License-Identifier: MIT */
/* What the files of libraries tell, and files and answers that are made to harm who hears them. */
#include "alloc/library-file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shrinking.h"

#include "alloc/library.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "identify/links.h"

#define BUMP FIXTURE_DIR "/libfixture-bump.so"
#define BOUND_NS (10 * NS_PER_SEC)

enum { TRIES_MAX = 2000 };

static char hostile[] = "/tmp/madvisor-test.XXXXXX";

/* A copy of a library, to be made worse. */
static int make_hostile(void **state)
{
	_cleanup_strbuf_ struct strbuf contents = STRBUF_INIT;
	_cleanup_close_ int fd = mkstemp(hostile);

	return fd < 0 || strbuf_read_file(&contents, BUMP, 1 << 26) < 0 ||
			       write(fd, contents.buf, contents.len) != (ssize_t)contents.len
		       ? -1
		       : 0;
}

static int remove_hostile(void **state)
{
	return unlink(hostile);
}

static void a_file_tells_who_it_is(void **state)
{
	_cleanup_library_file_ struct library_file bump = { 0 }, prefixed = { 0 };

	assert_int_equal(library_file_read(BUMP, NULL, &bump, NULL), 0);
	assert_ptr_equal(bump.allocator, &allocator_custom);
	assert_string_equal(bump.prefix, "");
	assert_null(bump.version);
	assert_true(bump.functions & library_function_bit("malloc"));
	assert_true(bump.functions & library_function_bit("realloc"));
	assert_false(bump.functions & library_function_bit("posix_memalign"));
	assert_int_equal(
		library_file_read(FIXTURE_DIR "/libfixture-prefixed.so", NULL, &prefixed, NULL), 0);
	assert_ptr_equal(prefixed.allocator, &allocator_jemalloc);
	assert_string_equal(prefixed.prefix, "my_");
	assert_string_equal(prefixed.version, "5.9.8");
	assert_int_equal(prefixed.functions, 0);
	assert_int_equal(library_function_bit("mallocx"), 0);
}

static void other_answers_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"end\t\n",
		"allocator\tjemalloc\n",
		"allocator\tjemalloc\nallocator\tglibc\nend\t\n",
		"allocator\tnobody's\nend\t\n",
		"allocator\tjemalloc\nversion\t5\x1b[31m\nend\t\n",
		"allocator\tjemalloc\nversion\t5\nversion\t6\nend\t\n",
		"allocator\tjemalloc\nprefix\ta-b\nend\t\n",
		"allocator\tjemalloc\ndefines\tsystem\nend\t\n",
		"allocator\tjemalloc\nmore\tx\nend\t\n",
		"allocator\tjemalloc\nend",
		"allocator jemalloc\nend\t\n",
		("allocator\tjemalloc\nversion\t"
		 "00000000000000000000000000000000000000000000000000000000000000000\nend\t\n"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct library_file file;

		if (library_file_parse(bad[i], strlen(bad[i]), &file) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
		assert_null(file.version);
	}
	struct library_file file;
	const char zero[] = "allocator\tjemalloc\n\0end\t\n";
	assert_int_equal(library_file_parse(zero, sizeof(zero) - 1, &file), -EBADMSG);
	assert_int_equal(library_file_parse("allocator\tcustom\nend\t\n", 21, &file), 0);
	library_file_release(&file);
}

static void what_it_is_linked_to_is_told(void **state)
{
	struct elf_links links;
	bool needs_libc = false;

	assert_int_equal(elf_links_read(FIXTURE_DIR "/libfixture-searching.so", NULL, &links, NULL),
			 0);
	assert_string_equal(links.folders[0], "/tmp/madvisor-no-such-folder/lib");
	assert_string_equal(links.folders[1], FIXTURE_DIR "/below");
	for (char **name = links.needed; *name; name++)
		needs_libc |= !strncmp(*name, "libc.", 5);
	assert_true(needs_libc);
	elf_links_release(&links);
	assert_int_equal(elf_links_parse("folder\t/x\n", 10, &links), -EBADMSG);
	assert_int_equal(elf_links_parse("folder\t\nend\t\n", 13, &links), -EBADMSG);
	assert_int_equal(elf_links_parse("what\tx\nend\t\n", 12, &links), -EBADMSG);
}

static void a_fifo_is_not_waited_for(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_free_ char *path = xasprintf("%s.fifo", hostile);
	struct library_file file;

	assert_int_equal(mkfifo(path, 0600), 0);
	uint64_t start_ns = clock_now_ns(&clock_real);
	int r = library_file_read(path, NULL, &file, &err);
	unlink(path);
	assert_int_equal(r, -ENOEXEC);
	assert_non_null(err.hint);
	assert_true(clock_now_ns(&clock_real) - start_ns < BOUND_NS);
	assert_non_null(err.message);
}

/* Gives the first section of a type so many bytes, and a file with none behind it. */
static void stretch(uint32_t type, uint64_t bytes)
{
	_cleanup_close_ int fd = open(hostile, O_RDWR | O_CLOEXEC);
	Elf64_Ehdr header;
	Elf64_Shdr section;

	assert_int_equal(pread(fd, &header, sizeof(header), 0), sizeof(header));
	for (off_t at = (off_t)header.e_shoff;; at += (off_t)sizeof(section)) {
		assert_int_equal(pread(fd, &section, sizeof(section), at), sizeof(section));
		if (section.sh_type != type)
			continue;
		section.sh_size = bytes;
		assert_int_equal(pwrite(fd, &section, sizeof(section), at), sizeof(section));
		assert_int_equal(ftruncate(fd, (off_t)(section.sh_offset + bytes)), 0);
		return;
	}
}

/* Symbols and texts of 4 GB: whatever it turns out to be, that takes a bounded time, and has a reason in words. */
static void a_huge_file_is_read_within_bounds(void **state)
{
	static const uint32_t types[] = { SHT_DYNSYM, SHT_PROGBITS };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		_cleanup_library_file_ struct library_file file = { 0 };

		stretch(types[i], 4ULL << 30);
		uint64_t start_ns = clock_now_ns(&clock_real);
		int r = library_file_read(hostile, NULL, &file, &err);
		assert_true(clock_now_ns(&clock_real) - start_ns < BOUND_NS);
		assert_true(r == 0 || (err.message && err.hint));
	}
}

/* Its reader ends by SIGBUS, and madvisor says so. */
static void a_file_that_shrinks_ends_no_more_than_its_reader(void **state)
{
	_cleanup_strbuf_ struct strbuf contents = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf("%s.shrinking", hostile);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool crashed = false;

	/* A large one, which takes some time to read. */
	_cleanup_free_ char *libc = library_libc_path();
	assert_int_equal(strbuf_read_file(&contents, libc, 1 << 26), 0);
	struct shrinking shrinking = { .fd = fd, .contents = contents.buf, .bytes = contents.len };
	shrinking_start(&shrinking);
	for (int tries = 0; tries < TRIES_MAX && !crashed; tries++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		_cleanup_library_file_ struct library_file file = { 0 };

		if (library_file_read(path, NULL, &file, &err) < 0)
			crashed = strstr(err.message, "its reader crashed (signal 7");
	}
	shrinking_stop(&shrinking);
	unlink(path);
	assert_true(crashed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_tells_who_it_is),
		cmocka_unit_test(other_answers_are_refused),
		cmocka_unit_test(what_it_is_linked_to_is_told),
		cmocka_unit_test(a_fifo_is_not_waited_for),
		cmocka_unit_test(a_huge_file_is_read_within_bounds),
		cmocka_unit_test(a_file_that_shrinks_ends_no_more_than_its_reader),
	};

	return cmocka_run_group_tests(tests, make_hostile, remove_hostile);
}
