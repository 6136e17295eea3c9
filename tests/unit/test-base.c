/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/list.h"
#include "base/path.h"
#include "base/random.h"
#include "base/rootfs.h"
#include "base/savefile.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/array.h"
#include "base/show.h"
#include "base/utf8.h"
#include "base/version.h"
#include "base/xalloc.h"

static void check_escape(const char *text, const char *wanted)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_add_escaped(&sb, text);
	assert_string_equal(sb.buf, wanted);
}

static void hostile_text_is_escaped(void **state)
{
	check_escape("plain", "plain");
	check_escape("a\033[31mb", "a\\x1b[31mb");
	check_escape("back\\slash", "back\\\\slash");
	check_escape("caf\xc3\xa9", "caf\xc3\xa9");
	check_escape("\xff\xc3", "\\xff\\xc3");
	check_escape("\xc0\x80", "\\xc0\\x80");          /* overlong NUL */
	check_escape("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* right-to-left override */
	check_escape("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
	check_escape("\xc2\x9b", "\\xc2\\x9b");          /* C1: CSI */
	check_escape("\n", "\\x0a");
}

/* Each of them hides what a text says, or turns its direction; beside the first and last of a range, what is shown. */
static void invisible_characters_are_escaped(void **state)
{
	static const char *const hidden[] = {
		"\u061c",     "\u200b",     "\u200c",     "\u200d",     "\u200e",
		"\u200f",     "\u2028",     "\u202e",     "\u2060",     "\u2064",
		"\u2066",     "\u206f",     "\u00ad",     "\u3164",     "\ufeff",
		"\U000e0000", "\U000e0041", "\U000e007f", "\U000e0100",
	};
	static const char *const shown[] = { "\u061b", "\u061d", "\u200a",     "\u2010",
					     "\u2027", "\u2030", "\u00ae",     "\u4e2d",
					     "\ufefe", "\u205e", "\U0001f600", "\U00010ffff" };

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (utf8_printable_len(hidden[i]))
			fail_msg("%zu is shown", i);
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (utf8_printable_len(shown[i]) < 2)
			fail_msg("%zu is hidden", i);
}

static void without_utf8_all_is_ascii(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "\u00e4");
	show_text(&sb, "caf\u00e9 a\u2026b\033\xff\u200b", false);
	assert_string_equal(sb.buf, "\u00e4caf\\xc3\\xa9 a...b\\x1b\\xff\\xe2\\x80\\x8b");
	show_in_ascii(&sb, 0);
	assert_int_equal(strncmp(sb.buf, "\\xc3\\xa4caf", 11), 0);
	strbuf_truncate(&sb, 0);
	show_text(&sb, "caf\u00e9 a\u2026b\033", true);
	assert_string_equal(sb.buf, "caf\u00e9 a\u2026b\\x1b");
}

static void a_strbuf_holds_what_was_added(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&sb, "%d,", i % 10);
	assert_int_equal(sb.len, 2000);
	assert_int_equal(strlen(sb.buf), 2000);
	strbuf_truncate(&sb, 3);
	assert_string_equal(sb.buf, "0,1");
	char *text = strbuf_detach(&sb);
	assert_string_equal(text, "0,1");
	assert_string_equal(sb.buf, "");
	free(text);
	text = strbuf_detach(&sb);
	assert_string_equal(text, "");
	free(text);
}

static void an_error_carries_its_remedy(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;

	assert_int_equal(error_set(&err, ERROR_USAGE, EINVAL, "no %s", "cake"), -EINVAL);
	error_hint(&err, "bake one");
	error_prefix(&err, "kitchen");
	assert_string_equal(err.message, "kitchen: no cake");
	assert_string_equal(err.hint, "bake one");
	assert_int_equal(error_set(&err, ERROR_MACHINE, EIO, "later"), -EIO);
	assert_null(err.hint);
	assert_int_equal(error_set(NULL, ERROR_MACHINE, EIO, "nobody listens"), -EIO);
}

static void shuffles_are_fair_and_repeatable(void **state)
{
	enum { ITEMS = 3, TRIALS = 60000 };
	unsigned int seen[ITEMS][ITEMS] = { { 0 } };
	struct random random;

	random_init(&random, 42);
	for (int trial = 0; trial < TRIALS; trial++) {
		size_t order[ITEMS] = { 0, 1, 2 };

		random_shuffle(&random, order, ITEMS);
		for (size_t place = 0; place < ITEMS; place++)
			seen[place][order[place]]++;
	}
	/* Each cell is binomial with mean 20000 and standard deviation 115: six of them are 693. */
	for (size_t i = 0; i < ITEMS; i++)
		for (size_t j = 0; j < ITEMS; j++)
			assert_in_range(seen[i][j], 20000 - 693, 20000 + 693);

	struct random again;
	random_init(&random, 7);
	random_init(&again, 7);
	for (int i = 0; i < 100; i++)
		assert_true(random_below(&random, 10) == random_below(&again, 10));
}

static void a_command_is_captured(void **state)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	const char *const argv[] = { "sh", "-c", "echo $WORD; echo oops >&2; exit 3", NULL };
	const char *const env[] = { "WORD=hello", NULL };

	assert_int_equal(spawn_capture(&(struct spawn){ .argv = argv, .env = env }, &result, NULL),
			 0);
	assert_string_equal(result.out.buf, "hello\n");
	assert_string_equal(result.err.buf, "oops\n");
	assert_int_equal(result.exit_status, 3);
}

static void a_command_that_hangs_is_killed(void **state)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	const char *const argv[] = { "sh", "-c", "trap '' TERM; echo here; sleep 1000", NULL };
	const struct spawn spawn = { .argv = argv, .timeout_ns = 300 * NS_PER_MS };

	assert_int_equal(spawn_capture(&spawn, &result, &err), -ETIMEDOUT);
	assert_true(result.timed_out);
	assert_string_equal(result.out.buf, "here\n");
	assert_non_null(err.message);
}

static void a_command_that_floods_is_killed(void **state)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	const char *const argv[] = { "yes", NULL };
	const struct spawn spawn = { .argv = argv, .output_max = 4096 };

	assert_int_equal(spawn_capture(&spawn, &result, NULL), -EFBIG);
	assert_in_range(result.out.len, 0, 4096);
}

/* What it left running holds its streams open. */
static void nobody_waits_for_what_a_command_leaves(void **state)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	const char *const argv[] = { "sh", "-c", "sleep 1000 & echo $!", NULL };
	const struct spawn spawn = { .argv = argv, .timeout_ns = 100 * NS_PER_SEC };

	assert_int_equal(spawn_capture(&spawn, &result, NULL), 0);
	_cleanup_free_ char *path = xasprintf("/proc/%ld/stat", strtol(result.out.buf, NULL, 10));
	/* Killed with its group: soon it is gone, or a zombie of whoever took it over. */
	for (int i = 0; i < 1000; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (strbuf_read_file(&text, path, 4096) < 0 || strstr(text.buf, ") Z "))
			return;
		usleep(10000);
	}
	fail();
}

static void a_command_has_the_default_signals(void **state)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	const char *const argv[] = { "sh", "-c", "kill -PIPE $$; exit 0", NULL };

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(spawn_capture(&(struct spawn){ .argv = argv }, &result, NULL), 0);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(result.exit_status, 128 + SIGPIPE);
}

static void a_missing_command_is_an_error(void **state)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	const char *const argv[] = { "no-such-command-anywhere", NULL };

	assert_int_equal(spawn_capture(&(struct spawn){ .argv = argv }, &result, NULL), -ENOENT);
}

static void environments_are_changed_in_order(void **state)
{
	char *const base[] = { (char *)"A=1", (char *)"AB=2", (char *)"C=3", NULL };
	const char *const changes[] = { "A", "D=4", "C=5", NULL };
	char **env = environment_with(base, changes);

	assert_string_equal(env[0], "AB=2");
	assert_string_equal(env[1], "D=4");
	assert_string_equal(env[2], "C=5");
	assert_null(env[3]);
	strv_free(env);
}

static char *scratch_directory(void)
{
	char *dir = xstrdup("/tmp/madvisor-test.XXXXXX");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static void assert_file_holds(const char *path, const char *wanted)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	assert_int_equal(strbuf_read_file(&text, path, 100), 0);
	assert_string_equal(text.buf, wanted);
}

static void a_saved_file_follows_a_link(void **state)
{
	_cleanup_free_ char *dir = scratch_directory();
	_cleanup_free_ char *folder = xasprintf("%s/folder", dir);
	_cleanup_free_ char *target = xasprintf("%s/target", folder);
	_cleanup_free_ char *hop = xasprintf("%s/hop", dir);
	_cleanup_free_ char *path = xasprintf("%s/out", dir);
	struct stat st;

	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(symlink("folder/target", hop), 0);
	assert_int_equal(symlink("hop", path), 0);
	/* Links to nothing yet. */
	assert_int_equal(savefile_check(path, NULL), 0);
	assert_int_equal(lstat(target, &st), -1);
	assert_int_equal(savefile_write(path, "old", 3, NULL), 0);
	assert_file_holds(target, "old");
	assert_int_equal(chmod(target, 0640), 0);
	assert_int_equal(savefile_check(path, NULL), 0);
	assert_int_equal(savefile_write(path, "new", 3, NULL), 0);
	assert_file_holds(target, "new");
	assert_int_equal(lstat(target, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(lstat(i ? hop : path, &st), 0);
		assert_true(S_ISLNK(st.st_mode));
	}
	unlink(path);
	unlink(hop);
	unlink(target);
	assert_int_equal(rmdir(folder), 0); /* nothing else was left in them */
	assert_int_equal(rmdir(dir), 0);
}

static void a_link_in_a_circle_is_refused(void **state)
{
	_cleanup_free_ char *dir = scratch_directory();
	_cleanup_free_ char *path = xasprintf("%s/out", dir);

	assert_int_equal(symlink("out", path), 0);
	assert_int_equal(savefile_check(path, NULL), -ELOOP);
	assert_int_equal(savefile_write(path, "new", 3, NULL), -ELOOP);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

static void what_is_no_file_is_written_to(void **state)
{
	_cleanup_free_ char *dir = scratch_directory();
	_cleanup_free_ char *path = xasprintf("%s/pipe", dir);
	char text[8] = "";

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(savefile_check(path, NULL), 0); /* does not wait for a reader */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(savefile_write(path, "new", 3, NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "new");
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

static void a_descriptor_is_written_to_where_it_is(void **state)
{
	_cleanup_free_ char *dir = scratch_directory();
	_cleanup_free_ char *path = xasprintf("%s/log", dir);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	_cleanup_close_ int read_only = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *name = xasprintf("/dev/fd/%d", fd);
	_cleanup_free_ char *wrong = xasprintf("/dev/fd/%d", read_only);

	assert_int_equal(write(fd, "old ", 4), 4);
	assert_int_equal(savefile_check(name, NULL), 0);
	assert_int_equal(savefile_write(name, "new", 3, NULL), 0);
	assert_file_holds(path, "old new");
	assert_int_equal(savefile_check(wrong, NULL), -EBADF);
	assert_int_equal(savefile_check("/dev/fd/987654", NULL), -EBADF);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

static void checking_leaves_nothing_behind(void **state)
{
	_cleanup_free_ char *dir = scratch_directory();
	_cleanup_free_ char *path = xasprintf("%s/out", dir);

	assert_int_equal(savefile_check(path, NULL), 0);
	assert_int_equal(savefile_check(dir, NULL), -EISDIR);
	assert_int_equal(savefile_check("/no/such/dir/x", NULL), -ENOENT);
	assert_int_equal(savefile_check("", NULL), -ENOENT);
	assert_int_equal(rmdir(dir), 0);
}

static void files_are_read_below_the_root(void **state)
{
	_cleanup_free_ char *dir = scratch_directory();
	_cleanup_free_ char *path = xasprintf("%s/facts", dir);
	const struct rootfs fs = { dir };
	uint64_t value;

	assert_int_equal(
		savefile_write(path, "MemTotal:  12 kB\nMemAvailable:   34 kB\n", 38, NULL), 0);
	assert_int_equal(rootfs_read_field_u64(&fs, "/facts", "MemAvailable", &value), 0);
	assert_int_equal(value, 34);
	assert_int_equal(rootfs_read_field_u64(&fs, "/facts", "Mem", &value), -ENODATA);
	assert_int_equal(rootfs_read_u64(&fs, "/facts", &value), -EINVAL);
	assert_int_equal(rootfs_read_u64(&fs, "/none", &value), -ENOENT);
	unlink(path);
	rmdir(dir);
}

static void versions_are_numbers_between_dots(void **state)
{
	assert_true(version_compare("5.10", "5.9") > 0);
	assert_true(version_compare("2.0.9", "2.3.2") < 0);
	assert_true(version_compare("2.36", "2.36") == 0);
	assert_true(version_compare("2.36.1", "2.36") > 0);
	assert_true(version_compare("5.3", "5.3.0") == 0);
	assert_true(version_compare("3", "2.9.9") > 0);
	assert_true(version_compare("10", "9.9.9") > 0);
	assert_true(version_compare("5.3.1-dev", "5.3.1") > 0);
	assert_true(version_compare("5.3.1-dev", "5.3.2") < 0);
	assert_true(version_compare("5.3.1-dev", "5.3") > 0);
	assert_true(version_compare("unknown", "0.1") < 0);
	assert_true(version_compare(NULL, "0") < 0);
	assert_true(version_compare("1", NULL) > 0);
	assert_true(version_compare(NULL, NULL) == 0);
}

static void check_path(const char *path, const char *folder, const char *name)
{
	_cleanup_free_ char *found = path_folder(path);

	assert_string_equal(found, folder);
	assert_string_equal(path_name(path), name);
}

static void paths_are_taken_apart(void **state)
{
	check_path("/usr/lib/libc.so.6", "/usr/lib", "libc.so.6");
	check_path("/init", "/", "init");
	check_path("init", ".", "init");
	check_path("lib/", "lib", "");
	check_path("", ".", "");
	assert_null(path_name(NULL));
}

static void words_are_found_whole(void **state)
{
	assert_true(list_has("quick kernel", " ", "kernel"));
	assert_true(list_has("quick,kernel", ",", "quick"));
	assert_true(list_has("fpu\tHypervisor  sse", " \t", "hypervisor"));
	assert_false(list_has("quick kernels", " ", "kernel"));
	assert_false(list_has("quick-kernel", " ", "kernel"));
	assert_false(list_has("a,,b", ",", ""));
	assert_false(list_has(NULL, " ", "kernel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_escaped),
		cmocka_unit_test(invisible_characters_are_escaped),
		cmocka_unit_test(without_utf8_all_is_ascii),
		cmocka_unit_test(a_strbuf_holds_what_was_added),
		cmocka_unit_test(an_error_carries_its_remedy),
		cmocka_unit_test(shuffles_are_fair_and_repeatable),
		cmocka_unit_test(a_command_is_captured),
		cmocka_unit_test(a_command_that_hangs_is_killed),
		cmocka_unit_test(a_command_that_floods_is_killed),
		cmocka_unit_test(nobody_waits_for_what_a_command_leaves),
		cmocka_unit_test(a_command_has_the_default_signals),
		cmocka_unit_test(a_missing_command_is_an_error),
		cmocka_unit_test(environments_are_changed_in_order),
		cmocka_unit_test(a_saved_file_follows_a_link),
		cmocka_unit_test(a_link_in_a_circle_is_refused),
		cmocka_unit_test(what_is_no_file_is_written_to),
		cmocka_unit_test(a_descriptor_is_written_to_where_it_is),
		cmocka_unit_test(checking_leaves_nothing_behind),
		cmocka_unit_test(files_are_read_below_the_root),
		cmocka_unit_test(versions_are_numbers_between_dots),
		cmocka_unit_test(paths_are_taken_apart),
		cmocka_unit_test(words_are_found_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
