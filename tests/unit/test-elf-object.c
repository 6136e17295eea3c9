/* SPDX-License-Identifier: MIT */
#include "identify/elf-object.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "identify/trace.h"

#define BUMP FIXTURE_DIR "/libfixture-bump.so"
#define NONE FIXTURE_DIR "/libfixture-none.so"

static char folder[] = "/tmp/madvisor-test.XXXXXX";

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "a.so", "fifo" };

	for (size_t i = 0; i < 2; i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* A copy of a library whose bytes at `offset` are replaced, cut to `size` bytes (0: all). */
static const char *altered(const char *library, size_t offset, const char *bytes, size_t count,
			   size_t size)
{
	static char path[256];
	_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;

	snprintf(path, sizeof(path), "%s/a.so", folder);
	assert_int_equal(strbuf_read_file(&file, library, 1 << 26), 0);
	memcpy(file.buf + offset, bytes, count);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fwrite(file.buf, 1, size ? size : file.len, out);
	fclose(out);
	return path;
}

static struct elf_object *opened(const char *path)
{
	struct elf_object *object;

	assert_int_equal(elf_object_open(path, &object, NULL), 0);
	return object;
}

static void a_library_is_no_program(void **state)
{
	_cleanup_elf_object_ struct elf_object *library = opened(BUMP);
	_cleanup_elf_object_ struct elf_object *program = opened("/proc/self/exe");

	assert_true(elf_object_is_library(library));
	assert_false(elf_object_is_library(program));
	assert_null(elf_object_interpreter(library));
	assert_non_null(strstr(elf_object_interpreter(program), "ld-linux"));
	assert_string_equal(elf_object_soname(library), "libfixture-bump.so");
	assert_null(elf_object_soname(program));
	assert_true(elf_object_same_abi(library, program));
}

static void needed_libraries_end_with_null(void **state)
{
	_cleanup_elf_object_ struct elf_object *program = opened("/proc/self/exe");
	bool has_libc = false;
	size_t count = 0;

	for (const char *name; (name = elf_object_needed(program, count)); count++)
		has_libc |= !strcmp(name, "libc.so.6");
	assert_true(has_libc);
	assert_null(elf_object_needed(program, count + 100));
}

static void only_defined_functions_count(void **state)
{
	_cleanup_elf_object_ struct elf_object *bump = opened(BUMP);
	_cleanup_elf_object_ struct elf_object *none = opened(NONE);

	assert_true(elf_object_defines(bump, "malloc"));
	assert_false(elf_object_defines(bump, "posix_memalign"));
	assert_false(elf_object_defines(none, "malloc"));       /* used, not defined */
	assert_false(elf_object_defines(none, "malloc_count")); /* data */
	assert_true(elf_object_has_symbol(none, "malloc_c*"));
	assert_string_equal(elf_object_find_function(none, "none_*"), "none_make");
	assert_null(elf_object_find_function(none, "mallctl*"));
}

static bool is_version(const char *text, void *context)
{
	(*(int *)context)++;
	return !strncmp(text, "5.9.8-", 6);
}

static void texts_are_found_without_running_anything(void **state)
{
	_cleanup_elf_object_ struct elf_object *object =
		opened(FIXTURE_DIR "/libfixture-prefixed.so");
	_cleanup_elf_object_ struct elf_object *other = opened(NONE);
	int visited = 0;

	const char *text = elf_object_find_text(object, is_version, &visited);
	assert_non_null(text);
	assert_string_equal(text, "5.9.8-0-g0123456789abcdef0123456789abcdef01234567");
	assert_true(visited > 0);
	assert_null(elf_object_find_text(other, is_version, &visited));
}

static void another_machine_is_told(void **state)
{
	const char riscv[] = { (char)EM_RISCV, 0 }, unknown[] = { 0x67, 0x12 };
	_cleanup_elf_object_ struct elf_object *self = opened("/proc/self/exe");
	struct utsname machine;

	uname(&machine);
	assert_string_equal(elf_object_machine(self), machine.machine);
	_cleanup_elf_object_ struct elf_object *foreign =
		opened(altered(BUMP, offsetof(Elf64_Ehdr, e_machine), riscv, 2, 0));
	assert_string_equal(elf_object_machine(foreign), "riscv64");
	assert_false(elf_object_same_abi(self, foreign));
	_cleanup_elf_object_ struct elf_object *strange =
		opened(altered(BUMP, offsetof(Elf64_Ehdr, e_machine), unknown, 2, 0));
	assert_string_equal(elf_object_machine(strange), "machine 4711");
}

static void assert_refused(const char *path, int code, const char *word)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct elf_object *object;

	assert_int_equal(elf_object_open(path, &object, &err), -code);
	assert_null(object);
	assert_non_null(strstr(err.message, path));
	assert_non_null(strstr(err.message, word));
	assert_int_equal(err.kind, ERROR_USAGE);
}

static void what_is_no_elf_file_is_refused(void **state)
{
	char fifo[256];

	assert_refused("/no/such/file.so", ENOENT, "No such file");
	assert_refused("/etc/passwd", ENOEXEC, "no ELF");
	assert_refused("/dev/null", ENOEXEC, "not a file");
	assert_refused("/tmp", ENOEXEC, "not a file");
	assert_refused(altered(BUMP, 0,
			       "\x7f"
			       "ELF",
			       4, 10),
		       ENOEXEC, "no ELF");
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_refused(fifo, ENOEXEC, "not a file");
}

/* Cut anywhere, a file may lack symbols but must not crash the reader. */
static void cut_files_do_no_harm(void **state)
{
	struct stat st;

	assert_int_equal(stat(BUMP, &st), 0);
	for (size_t size = 64; size < (size_t)st.st_size; size += 509) {
		_cleanup_elf_object_ struct elf_object *object = NULL;
		int visited = 0;

		if (elf_object_open(altered(BUMP, 0, "", 0, size), &object, NULL) < 0)
			continue;
		elf_object_defines(object, "malloc");
		elf_object_find_text(object, is_version, &visited);
		elf_object_needed(object, 0);
		elf_object_interpreter(object);
	}
}

#define NAMES_BYTES ((size_t)2 << 20)
#define SYMBOLS 700000

static void write_all(FILE *out, const void *data, size_t size)
{
	assert_int_equal(fwrite(data, 1, size, out), size);
}

/* Hundreds of thousands of functions whose names overlap: each a megabyte long and longer. */
static const char *overlapping(char last)
{
	static char path[256];
	const size_t names_at = sizeof(Elf64_Ehdr), symbols_at = names_at + NAMES_BYTES;
	const Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = symbols_at + SYMBOLS * sizeof(Elf64_Sym),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 3,
	};
	const Elf64_Shdr sections[] = {
		{ .sh_type = SHT_NULL },
		{ .sh_type = SHT_STRTAB,
		  .sh_offset = names_at,
		  .sh_size = NAMES_BYTES,
		  .sh_addralign = 1 },
		{ .sh_type = SHT_DYNSYM,
		  .sh_offset = symbols_at,
		  .sh_size = SYMBOLS * sizeof(Elf64_Sym),
		  .sh_link = 1,
		  .sh_addralign = 8,
		  .sh_entsize = sizeof(Elf64_Sym) },
	};
	_cleanup_free_ char *names = malloc(NAMES_BYTES);

	assert_non_null(names);
	memset(names, 'a', NAMES_BYTES);
	names[NAMES_BYTES - 1] = last;
	snprintf(path, sizeof(path), "%s/a.so", folder);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	write_all(out, &header, sizeof(header));
	write_all(out, names, NAMES_BYTES);
	for (size_t i = 0; i < SYMBOLS; i++) {
		const Elf64_Sym symbol = { .st_name = (Elf64_Word)i,
					   .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
					   .st_shndx = 1 };

		write_all(out, &symbol, sizeof(symbol));
	}
	write_all(out, sections, sizeof(sections));
	assert_int_equal(fclose(out), 0);
	return path;
}

/* Read to their ends, the names would take days. */
static void names_that_overlap_are_read_within_bounds(void **state)
{
	for (int i = 0; i < 2; i++) {
		_cleanup_elf_object_ struct elf_object *object =
			opened(overlapping(i ? '\0' : 'a'));
		struct traces traces;

		alarm(20);
		assert_false(elf_object_defines(object, "malloc"));
		assert_null(elf_object_find_function(object, "*mallctl"));
		assert_false(elf_object_has_symbol(object, "*snmalloc*"));
		traces_collect(object, &traces);
		assert_null(traces_first(&traces, TRACE_JEMALLOC));
		alarm(0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_is_no_program),
		cmocka_unit_test(needed_libraries_end_with_null),
		cmocka_unit_test(only_defined_functions_count),
		cmocka_unit_test(texts_are_found_without_running_anything),
		cmocka_unit_test(another_machine_is_told),
		cmocka_unit_test(what_is_no_elf_file_is_refused),
		cmocka_unit_test(cut_files_do_no_harm),
		cmocka_unit_test(names_that_overlap_are_read_within_bounds),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
