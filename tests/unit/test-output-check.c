/* SPDX-License-Identifier: MIT */
/* Which outputs are held against the baseline's, and how a difference is told. */
#include "run/output-check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static uint64_t digest_of(const char *text)
{
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, text, strlen(text));
	return digest_value(&digest);
}

static struct run_output output_of(int exit_status, const char *out, const char *err)
{
	return (struct run_output){
		.exit_status = exit_status,
		.out_bytes = strlen(out),
		.out_digest = digest_of(out),
		.err_digest = digest_of(err),
		.out_head = strdup(out),
		.out_head_len = strlen(out),
		.captured = true,
	};
}

static void expect(struct output_check *check, const char *first_out, const char *second_out)
{
	struct run_output first = output_of(0, first_out, "e");
	_cleanup_run_output_ struct run_output second = output_of(0, second_out, "e");

	output_check_init(check, 1, 2);
	output_check_expect(check, 0, &first, &second);
	assert_null(first.out_head);
}

static enum output_part find(const struct output_check *check, int exit_status, const char *out,
			     const char *err)
{
	_cleanup_run_output_ struct run_output output = output_of(exit_status, out, err);

	return output_check_find(check, 0, &output, OUTPUT_STATUS);
}

static void finds_each_part(void **state)
{
	struct output_check check;
	(void)state;

	expect(&check, "a\nb\n", "a\nb\n");
	assert_true(output_check_reads_out(&check, 0));
	assert_int_equal(find(&check, 0, "a\nb\n", "e"), OUTPUT_PARTS);
	assert_int_equal(find(&check, 1, "a\nc\n", "e"), OUTPUT_STATUS);
	assert_int_equal(find(&check, 0, "a\nc\n", "f"), OUTPUT_OUT);
	assert_int_equal(find(&check, 0, "a\nb\n", "f"), OUTPUT_ERR);
	output_check_give_up(&check, 0, OUTPUT_OUT);
	assert_int_equal(find(&check, 0, "a\nc\n", "f"), OUTPUT_ERR);
	assert_false(output_check_reads_out(&check, 0));
	output_check_release(&check);
}

static void what_changes_by_itself_is_not_compared(void **state)
{
	struct output_check check;
	(void)state;

	expect(&check, "1\n", "2\n");
	assert_false(output_check_reads_out(&check, 0));
	assert_int_equal(find(&check, 0, "3\n", "e"), OUTPUT_PARTS);
	assert_int_equal(find(&check, 1, "3\n", "e"), OUTPUT_STATUS);
	output_check_release(&check);
}

static void what_was_not_read_is_not_compared(void **state)
{
	_cleanup_run_output_ struct run_output unread = output_of(0, "", "e");
	struct output_check check;
	(void)state;

	expect(&check, "a\n", "a\n");
	unread.captured = false;
	assert_int_equal(output_check_find(&check, 0, &unread, OUTPUT_STATUS), OUTPUT_PARTS);
	output_check_release(&check);
}

static void nothing_is_expected_at_first(void **state)
{
	struct output_check check;
	(void)state;

	output_check_init(&check, 1, 2);
	assert_int_equal(find(&check, 7, "x", "y"), OUTPUT_PARTS);
	assert_false(*output_check_told(&check, 0, 1));
	*output_check_told(&check, 0, 1) = true;
	assert_false(*output_check_told(&check, 0, 0));
	assert_true(*output_check_told(&check, 0, 1));
	output_check_release(&check);
}

static void tells(const char *wanted, const char *got, const char *text)
{
	struct output_check check;
	_cleanup_run_output_ struct run_output output = output_of(0, got, "e");

	expect(&check, wanted, wanted);
	char *told = output_check_describe(&check, 0, OUTPUT_OUT, &output);
	assert_string_equal(told, text);
	free(told);
	output_check_release(&check);
}

static void tells_the_first_difference(void **state)
{
	(void)state;
	tells("a\nb\n", "a\nc\n",
	      "its standard output differs from the baseline's (line 2: 'c', not 'b')");
	tells("a\nb\n", "a\n",
	      "its standard output differs from the baseline's (line 2: its end, not 'b')");
	tells("a\n", "a\nb",
	      "its standard output differs from the baseline's (line 2: 'b', not its end)");
	tells("", "\033[31m",
	      "its standard output differs from the baseline's (line 1: "
	      "'\\x1b[31m', not its end)");
	tells("0123456789012345678901234567890123456789xyz",
	      "1123456789012345678901234567890123456789",
	      "its standard output differs from the baseline's (line 1: "
	      "'1123456789012345678901234567890123456789', not "
	      "'0123456789012345678901234567890123456789...')");
}

static void tells_of_an_exit_status(void **state)
{
	struct output_check check;
	_cleanup_run_output_ struct run_output output = output_of(3, "a", "e");
	(void)state;

	expect(&check, "a", "a");
	char *told = output_check_describe(&check, 0, OUTPUT_STATUS, &output);
	assert_string_equal(told, "its exit status is 3, but 0 under the baseline");
	free(told);
	output_check_release(&check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_part),
		cmocka_unit_test(what_changes_by_itself_is_not_compared),
		cmocka_unit_test(what_was_not_read_is_not_compared),
		cmocka_unit_test(nothing_is_expected_at_first),
		cmocka_unit_test(tells_the_first_difference),
		cmocka_unit_test(tells_of_an_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
