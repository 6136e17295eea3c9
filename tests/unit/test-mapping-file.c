/* SPDX-License-Identifier: MIT */
/* Which file is opened for a mapping, where the program may have put another one in its place. */
#include "stacks/mappings.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "proc/maps.h"

static char folder[] = "/tmp/test-mapping-file-XXXXXX";

static char *write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	_cleanup_fclose_ FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	return path;
}

/* This process maps a file; the line of its map is filled in. */
static void map_file(const char *path, struct map_line *ret, struct mapped_file *ret_file)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	void *place = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	assert_true(place != MAP_FAILED);
	assert_int_equal(strbuf_read_file(&text, "/proc/self/maps", PROC_MAPS_MAX), 0);
	for (const char *rest = text.buf; map_next(&rest, ret);)
		if (ret->start == (uintptr_t)place) {
			*ret_file =
				(struct mapped_file){ (char *)path, ret->device, ret->inode, -1 };
			return;
		}
	fail();
}

static void expect_text(int fd, const char *text)
{
	char found[16] = "";

	if (!text) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_true(pread(fd, found, sizeof(found) - 1, 0) > 0);
	assert_string_equal(found, text);
	close(fd);
}

static void the_mapped_file_is_opened(void **state)
{
	_cleanup_free_ char *path = write_file("plain", "plain");
	struct mapped_file file;
	struct map_line line;

	map_file(path, &line, &file);
	expect_text(mapped_file_open(getpid(), line.start, line.end, &file), "plain");
	expect_text(mapped_file_open(0, line.start, line.end, &file), "plain");
}

/* The same inode number on another device is another file, as on /proc, where numbers are small. */
static void the_device_counts(void **state)
{
	_cleanup_free_ char *path = write_file("device", "device");
	struct mapped_file file;
	struct map_line line;

	map_file(path, &line, &file);
	file.device++;
	expect_text(mapped_file_open(0, line.start, line.end, &file), NULL);
	expect_text(mapped_file_open(getpid(), line.start, line.end, &file), NULL);
}

/* What has the name now is another file; the mapped one has no name left. */
static void a_replaced_file_is_not_taken_for_it(void **state)
{
	_cleanup_free_ char *path = write_file("replaced", "before");
	struct mapped_file file;
	struct map_line line;

	map_file(path, &line, &file);
	_cleanup_free_ char *after = write_file("other", "after");
	assert_int_equal(rename(after, path), 0);
	expect_text(mapped_file_open(0, line.start, line.end, &file), NULL);
	/* By its place in the process, which takes a capability. */
	if (geteuid() == 0)
		expect_text(mapped_file_open(getpid(), line.start, line.end, &file), "before");
}

static void what_is_no_regular_file_is_not_opened(void **state)
{
	_cleanup_free_ char *path = write_file("fifo", "file");
	struct mapped_file file;
	struct map_line line;
	struct stat st;

	map_file(path, &line, &file);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(stat(path, &st), 0);
	file.inode = st.st_ino;
	/* Would wait for a writer for ever. */
	expect_text(mapped_file_open(0, line.start, line.end, &file), NULL);
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	_cleanup_free_ char *command = xasprintf("rm -r %s", folder);

	return system(command);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mapped_file_is_opened),
		cmocka_unit_test(the_device_counts),
		cmocka_unit_test(a_replaced_file_is_not_taken_for_it),
		cmocka_unit_test(what_is_no_regular_file_is_not_opened),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
