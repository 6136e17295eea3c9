/* SPDX-License-Identifier: MIT */
/* Whose libraries may be loaded with whose rights. */
#include "identify/loadable.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum { EVE = 65533, OTHER = 65532 };

/* A folder of this user's, and in it a folder with a library. */
static char folder[] = "/tmp/madvisor-test.XXXXXX";
static char *below, *library;

static int copy(const char *fixture, const char *to)
{
	_cleanup_strbuf_ struct strbuf contents = STRBUF_INIT;
	_cleanup_close_ int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return strbuf_read_file(&contents, fixture, 1 << 26) < 0 ||
			       write(fd, contents.buf, contents.len) != (ssize_t)contents.len
		       ? -1
		       : 0;
}

static int make_folder(void **state)
{
	if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
		return -1;
	below = xasprintf("%s/below", folder);
	library = xasprintf("%s/lib.so", below);
	return mkdir(below, 0755) < 0 ? -1 : copy(FIXTURE_DIR "/libfixture-bump.so", library);
}

static int remove_folder(void **state)
{
	int r = unlink(library) | rmdir(below) | rmdir(folder);

	free(library);
	free(below);
	return r;
}

static const struct rights *own_rights(void)
{
	static struct rights rights;

	rights.uid = geteuid();
	rights.gid = getegid();
	return &rights;
}

static void expect_refusal(const char *path, const struct rights *rights, const char *words)
{
	_cleanup_error_ struct error err = ERROR_INIT;

	assert_int_equal(loadable_check(path, rights, &err), -EPERM);
	assert_int_equal(err.kind, ERROR_USAGE);
	if (!strstr(err.message, words))
		fail_msg("'%s' does not say '%s'", err.message, words);
	assert_non_null(strstr(err.message, path));
	assert_non_null(err.hint);
}

/* First: what was found good is not looked at again. */
static void what_everyone_can_write_is_refused(void **state)
{
	assert_int_equal(chmod(library, 0666), 0);
	expect_refusal(library, own_rights(), "lib.so can be written by everyone");
	assert_int_equal(chmod(library, 0644), 0);
	assert_int_equal(chmod(below, 0777), 0);
	expect_refusal(library, own_rights(), "below can be written by everyone");
	assert_int_equal(chmod(below, 0755), 0);
}

static void what_a_third_user_can_write_is_refused(void **state)
{
	const struct rights other = { .uid = OTHER, .gid = OTHER };

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(below, EVE, EVE), 0);
	expect_refusal(library, own_rights(), "below can be written by user 65533");
	expect_refusal(library, &other, "is not loaded as user 65532: ");
	assert_int_equal(chown(below, 0, 0), 0);
	assert_int_equal(chown(library, EVE, EVE), 0);
	expect_refusal(library, own_rights(), "lib.so can be written by user 65533");
	assert_int_equal(chown(library, 0, 0), 0);
}

static void its_owner_may_load_it(void **state)
{
	const struct rights eve = { .uid = EVE, .gid = EVE };

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(below, EVE, EVE), 0);
	assert_int_equal(chown(library, EVE, EVE), 0);
	assert_int_equal(loadable_check(library, &eve, NULL), 0);
	assert_int_equal(chown(below, 0, 0), 0);
	assert_int_equal(chown(library, 0, 0), 0);
}

static void where_others_can_put_what_it_needs_counts(void **state)
{
	_cleanup_free_ char *searching = xasprintf("%s/searching.so", folder);

	assert_int_equal(copy(FIXTURE_DIR "/libfixture-searching.so", searching), 0);
	expect_refusal(
		searching, own_rights(),
		"looked for in /tmp/madvisor-no-such-folder/lib: everyone can put files there");
	unlink(searching);
}

static void what_only_root_and_the_user_can_write_is_fine(void **state)
{
	assert_int_equal(loadable_check(library, own_rights(), NULL), 0);
	assert_int_equal(loadable_check_given(library, own_rights(), NULL), 0);
}

static void what_is_no_library_says_so(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;

	assert_int_equal(loadable_check("/etc/passwd", own_rights(), &err), -ENOEXEC);
	assert_non_null(strstr(err.message, "no ELF file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_everyone_can_write_is_refused),
		cmocka_unit_test(what_a_third_user_can_write_is_refused),
		cmocka_unit_test(its_owner_may_load_it),
		cmocka_unit_test(where_others_can_put_what_it_needs_counts),
		cmocka_unit_test(what_only_root_and_the_user_can_write_is_fine),
		cmocka_unit_test(what_is_no_library_says_so),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
