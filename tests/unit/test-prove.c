/* SPDX-License-Identifier: MIT */
#include "alloc/prove.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/library.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

#define BUMP FIXTURE_DIR "/libfixture-bump.so"
#define NONE FIXTURE_DIR "/libfixture-none.so"

/* A stand-in for the workload: a script that claims what a test wants. */
static char script[] = "/tmp/madvisor-test.XXXXXX";
static const char *libc;
static struct library_set set;

static int prepare(void **state)
{
	const struct library_search nowhere = { (char *[]){ NULL }, (char *[]){ NULL }, NULL };
	int fd = mkstemp(script);

	if (fd < 0 || fchmod(fd, 0700) < 0)
		return -1;
	close(fd);
	library_set_discover(&set, &nowhere);
	libc = set.items[0].path;
	return 0;
}

static int clean_up(void **state)
{
	library_set_release(&set);
	return unlink(script);
}

static void script_says(const char *body)
{
	FILE *out = fopen(script, "w");

	assert_non_null(out);
	fprintf(out, "#!/bin/sh\n%s\n", body);
	fclose(out);
}

static struct contender contender_with(const char *library)
{
	return (struct contender){
		.name = xstrdup("x"),
		.library = library ? xstrdup(library) : NULL,
	};
}

static void the_witness_must_name_the_library(void **state)
{
	struct contender contender = contender_with(BUMP);

	contender.proof = xstrdup("a=1 in force");
	script_says("echo malloc_object " BUMP "; echo free_object " BUMP "; echo other 1");
	assert_int_equal(contender_prove(&contender, script, NULL, NULL), 0);
	assert_string_equal(contender.proof, "serves malloc, free; a=1 in force");
	contender_release(&contender);
}

/* Each must be refused, with this word in the message. */
static void assert_unproven(const char *library, const char *body, const char *word)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct contender contender = contender_with(library);

	script_says(body);
	assert_int_equal(contender_prove(&contender, script, NULL, &err), -EPERM);
	assert_int_equal(err.kind, ERROR_MACHINE);
	if (!strstr(err.message, word))
		fail_msg("'%s' does not speak of %s", err.message, word);
	assert_null(contender.proof);
	contender_release(&contender);
}

static void anything_else_is_no_proof(void **state)
{
	_cleanup_free_ char *by_libc =
		xasprintf("echo malloc_object %s; echo free_object %s", libc, libc);
	_cleanup_free_ char *mixed =
		xasprintf("echo malloc_object " BUMP "; echo free_object %s", libc);

	assert_unproven(BUMP, by_libc, "malloc is served by");
	assert_unproven(BUMP, mixed, "free is served by");
	assert_unproven(BUMP, "echo malloc_object " BUMP, "does not say");
	assert_unproven(BUMP, "true", "does not say");
	assert_unproven(BUMP, "echo malloc_object", "does not say");
	assert_unproven(BUMP, "echo it hurts >&2; exit 3", "exit status 3): it hurts");
	assert_unproven(NULL, "echo malloc_object " BUMP "; echo free_object " BUMP,
			"not by the C library");
}

static void the_c_library_proves_itself(void **state)
{
	_cleanup_free_ char *body =
		xasprintf("echo malloc_object %s; echo free_object %s", libc, libc);
	struct contender contender = contender_with(NULL);

	script_says(body);
	assert_int_equal(contender_prove(&contender, script, NULL, NULL), 0);
	assert_string_equal(contender.proof, "serves malloc, free");
	contender_release(&contender);
}

/* The library has no posix_memalign, so the C library rightly serves it. */
static void what_a_library_lacks_may_come_from_elsewhere(void **state)
{
	_cleanup_free_ char *body = xasprintf("echo malloc_object " BUMP "; echo free_object " BUMP
					      "; echo posix_memalign_object %s",
					      libc);
	struct contender contender = contender_with(BUMP);

	script_says(body);
	assert_int_equal(contender_prove(&contender, script, NULL, NULL), 0);
	contender_release(&contender);
}

static void the_witness_runs_under_the_contender(void **state)
{
	struct contender contender = contender_with(NONE);

	script_says("case $LD_PRELOAD in " NONE ") o=" NONE ";; *) o=/none;; esac;"
		    "echo malloc_object $o; echo free_object $o");
	assert_int_equal(contender_prove(&contender, script, NULL, NULL), 0);
	contender_release(&contender);
}

static void files_are_compared_not_names(void **state)
{
	static char link_name[] = "/tmp/madvisor-test-link.XXXXXX";
	struct contender contender = contender_with(BUMP);
	_cleanup_error_ struct error err = ERROR_INIT;

	close(mkstemp(link_name));
	unlink(link_name);
	assert_int_equal(symlink(BUMP, link_name), 0);
	assert_int_equal(contender_check_object(&contender, link_name, NULL), 0);
	unlink(link_name);
	assert_int_equal(contender_check_object(&contender, link_name, NULL), -EPERM);
	assert_int_equal(contender_check_object(&contender, libc, NULL), -EPERM);
	assert_int_equal(contender_check_object(&contender, NULL, &err), -EPERM);
	assert_non_null(strstr(err.message, "unknown object"));
	contender_release(&contender);
}

static void a_workload_that_is_not_there_is_an_error(void **state)
{
	struct contender contender = contender_with(BUMP);
	_cleanup_error_ struct error err = ERROR_INIT;

	assert_int_equal(contender_prove(&contender, "/no/such/workload", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.message, "/no/such/workload"));
	contender_release(&contender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_witness_must_name_the_library),
		cmocka_unit_test(anything_else_is_no_proof),
		cmocka_unit_test(the_c_library_proves_itself),
		cmocka_unit_test(what_a_library_lacks_may_come_from_elsewhere),
		cmocka_unit_test(the_witness_runs_under_the_contender),
		cmocka_unit_test(files_are_compared_not_names),
		cmocka_unit_test(a_workload_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, prepare, clean_up);
}
