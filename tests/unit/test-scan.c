/* SPDX-License-Identifier: MIT */
#include "cmd/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static void one_command_without_parameters(void **state)
{
	struct scan scan = { 0 };
	_cleanup_free_ char *command = scan_substitute(&scan, 0, "run {n} times");
	_cleanup_free_ char *suffix = scan_describe(&scan, 0);

	assert_int_equal(scan_combinations(&scan), 1);
	assert_string_equal(command, "run {n} times");
	assert_string_equal(suffix, "");
	assert_null(scan_substitute(&scan, 0, NULL));
	scan_release(&scan);
}

static void the_last_parameter_changes_fastest(void **state)
{
	static const char *const wanted[] = { "/t=1/s=a", "/t=1/s=b", "/t=1/s=",
					      "/t=2/s=a", "/t=2/s=b", "/t=2/s=" };
	struct scan scan = { 0 };

	assert_int_equal(scan_add(&scan, "t=1,2", NULL), 0);
	assert_int_equal(scan_add(&scan, "s=a,b,", NULL), 0);
	assert_int_equal(scan_combinations(&scan), 6);
	for (size_t i = 0; i < 6; i++) {
		_cleanup_free_ char *suffix = scan_describe(&scan, i);

		assert_string_equal(suffix, wanted[i]);
	}
	_cleanup_free_ char *command = scan_substitute(&scan, 4, "-t{t} {t}{s} {other} {t {s}");
	assert_string_equal(command, "-t2 2b {other} {t b");
	scan_release(&scan);
}

/* A value that looks like a parameter is a value. */
static void values_are_not_replaced_again(void **state)
{
	struct scan scan = { 0 };

	assert_int_equal(scan_add(&scan, "a={b}", NULL), 0);
	assert_int_equal(scan_add(&scan, "b=x", NULL), 0);
	_cleanup_free_ char *command = scan_substitute(&scan, 0, "{a}");
	assert_string_equal(command, "{b}");
	scan_release(&scan);
}

static void wrong_scans_are_refused(void **state)
{
	static const char *const wrong[] = {
		"", "=1", "n", "n=", "a{b=1", "a}=1", "a b=1", "a/b=1"
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct scan scan = { 0 };

		assert_true(scan_add(&scan, wrong[i], &err) < 0);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_non_null(err.hint);
		scan_release(&scan);
	}
}

static void a_name_is_given_once(void **state)
{
	struct scan scan = { 0 };

	assert_int_equal(scan_add(&scan, "n=1,2", NULL), 0);
	assert_true(scan_add(&scan, "n=3", NULL) < 0);
	assert_int_equal(scan_combinations(&scan), 2);
	scan_release(&scan);
}

static void too_many_combinations_are_refused(void **state)
{
	struct scan scan = { 0 };
	char many[256] = "a=1", name;
	int r = 0;

	for (size_t i = 0; i < 40; i++)
		strcat(many, ",1");
	for (name = 'a'; name < 'z' && r == 0; name++) {
		many[0] = name;
		r = scan_add(&scan, many, NULL);
	}
	assert_int_equal(name, 'b' + 1);
	scan_release(&scan);
}

static void a_case_has_the_values_of_its_combination(void **state)
{
	struct scan scan = { 0 };
	struct result result;

	result_init(&result);
	assert_int_equal(scan_add(&scan, "threads=1,2", NULL), 0);
	assert_int_equal(scan_add(&scan, "mode=a,b", NULL), 0);
	struct case_info *item = result_add_case(&result);
	scan_add_parameters(&scan, 3, item);
	assert_int_equal(item->parameter_count, 2);
	assert_string_equal(item->parameters[0].name, "threads");
	assert_true(item->parameters[0].number == 2);
	assert_string_equal(item->parameters[1].text, "b");
	result_release(&result);
	scan_release(&scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_command_without_parameters),
		cmocka_unit_test(the_last_parameter_changes_fastest),
		cmocka_unit_test(values_are_not_replaced_again),
		cmocka_unit_test(wrong_scans_are_refused),
		cmocka_unit_test(a_name_is_given_once),
		cmocka_unit_test(too_many_combinations_are_refused),
		cmocka_unit_test(a_case_has_the_values_of_its_combination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
