/* SPDX-License-Identifier: MIT */
/* What a process has mapped, by recordings of /proc/PID/maps; and which file a line of it means. */
#include "proc/maps.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

static void lines_are_read(void **state)
{
	const char *rest =
		"55d0c8a00000-55d0c8a21000 rw-p 00000000 00:00 0                          [heap]\n"
		"7f3b48000000-7f3b48021000 ---p 00000000 00:00 0 \n"
		"7f3b5655f000-7f3b56d5f000 rw-s 00000000 00:00 0\n"
		"7f3b56d60000-7f3b56d86000 r-xp 00026000 fe:1f 131090           /usr/lib/a b.so (deleted)\n";
	struct map_line line;

	assert_true(map_next(&rest, &line));
	assert_int_equal(line.start, 0x55d0c8a00000);
	assert_int_equal(line.end, 0x55d0c8a21000);
	assert_true(line.readable && line.writable && !line.executable && !line.shared);
	assert_int_equal(line.path_len, strlen("[heap]"));
	assert_memory_equal(line.path, "[heap]", line.path_len);
	assert_true(map_next(&rest, &line));
	assert_false(line.readable || line.writable || line.executable || line.shared);
	assert_int_equal(line.path_len, 0);
	assert_true(map_next(&rest, &line));
	assert_true(line.shared);
	assert_true(map_next(&rest, &line));
	assert_true(line.executable);
	assert_int_equal(line.offset, 0x26000);
	assert_true(line.device == makedev(0xfe, 0x1f));
	assert_int_equal(line.inode, 131090);

	bool deleted;
	_cleanup_free_ char *path = map_line_path(&line, &deleted);
	assert_string_equal(path, "/usr/lib/a b.so");
	assert_true(deleted);
	assert_false(map_next(&rest, &line));
}

static void what_is_no_line_is_passed_over(void **state)
{
	const char *rest = "\n"
			   "7f00-7e00 rw-p 0 0:0 0\n"
			   "7f00 rw-p 0 0:0 0\n"
			   "7f00-7f10 rw-p\n"
			   "7f00-7f10 rw-p 0 0:0\n"
			   "7f00-7f10 rw-p 0 0:0 x /a\n"
			   "10000000000000000-7f10 rw-p 0 0:0 0\n"
			   "-7f10 rw-p 0 0:0 0\n"
			   "7f00-7f10 rw-p 0 0:0 7 /a";
	struct map_line line;

	assert_true(map_next(&rest, &line));
	assert_int_equal(line.inode, 7);
	assert_int_equal(line.path_len, 2);
	assert_false(map_next(&rest, &line));
}

/* This program's own file, as its own map names it. */
static void a_file_is_told_by_device_and_inode(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int other = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char program[4096] = "";
	struct map_line line = { 0 };
	bool found = false;

	assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	assert_int_equal(strbuf_read_file(&text, "/proc/self/maps", PROC_MAPS_MAX), 0);
	for (const char *rest = text.buf; !found && map_next(&rest, &line);)
		found = line.path_len == strlen(program) &&
			!memcmp(line.path, program, line.path_len);
	assert_true(found);
	assert_true(map_file_matches(fd, line.device, line.inode));
	/* The same number on another device is another file. */
	assert_false(map_file_matches(fd, line.device + 1, line.inode));
	assert_false(map_file_matches(fd, line.device, line.inode + 1));
	assert_false(map_file_matches(other, line.device, line.inode));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(what_is_no_line_is_passed_over),
		cmocka_unit_test(a_file_is_told_by_device_and_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
