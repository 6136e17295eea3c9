/* SPDX-License-Identifier: MIT */
#include "run/extract.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "run/match.h"

static double number_in(const char *spec, const char *text)
{
	struct extraction extraction;
	double number = -1;

	assert_int_equal(extraction_parse(spec, &extraction, NULL), 0);
	assert_int_equal(extract_from(&extraction, text, strlen(text), &number, NULL), 0);
	extraction_release(&extraction);
	return number;
}

static void the_first_group_is_the_number(void **state)
{
	assert_true(number_in("rps=([0-9.]+) req", "SET: 1234.5 req per second\n") == 1234.5);
	assert_true(number_in("x=^n: ([0-9e+]+)$", "n: 1e+3") == 1000);
}

static void the_last_match_counts(void **state)
{
	assert_true(number_in("x=n=([0-9]+)", "n=1\nn=2\nother\n") == 2);
	assert_true(number_in("x=n=([0-9]+)", "n=1 n=3 n=4\n") == 4);
	assert_true(number_in("x=^([0-9]+)", "7\nno\n\n\n") == 7);
	assert_true(number_in("x=n ([0-9]*)$", "n 12\n") == 12);
	assert_true(number_in("x=([0-9]*)$", "n 12\n") == 12);
	/* ^ is the start of a line, not of what is left of it. */
	assert_true(number_in("x=^([0-9])", "123\n") == 1);
}

static void lines_end_at_newlines_or_the_end(void **state)
{
	assert_true(number_in("x=([0-9]+)$", "8") == 8);
	assert_true(number_in("x=([0-9]+)$", "\n\n9\n") == 9);
	assert_true(number_in("x=^n=([0-9]+)$", "m\rn=1\rn=10\r\n") == 10);
}

static int failure_of(const char *spec, const char *text)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct extraction extraction;
	double number;

	assert_int_equal(extraction_parse(spec, &extraction, NULL), 0);
	int r = extract_from(&extraction, text, strlen(text), &number, &err);
	extraction_release(&extraction);
	assert_int_equal(err.kind, ERROR_TARGET);
	return r;
}

static void what_is_no_number_is_an_error(void **state)
{
	assert_int_equal(failure_of("x=n=([0-9]+)", ""), -ENODATA);
	assert_int_equal(failure_of("x=n=([0-9]+)", "m=5\n"), -ENODATA);
	assert_int_equal(failure_of("x=(.*)", "many\n"), -EINVAL);
	assert_int_equal(failure_of("x=(.*)", "-5\n"), -EINVAL);
	assert_int_equal(failure_of("x=(.*)", "nan\n"), -EINVAL);
	assert_int_equal(failure_of("x=(.*)", "1e300\n"), -EINVAL);
}

static void add_lines(struct printed *printed, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 8)
		printed_add(printed, "nothing\n", 8);
}

/* Where what is kept begins or ends within a number, the number is another one. */
static void a_number_that_is_cut_is_none(void **state)
{
	struct outcome outcome = OUTCOME_INIT;
	struct extraction extraction;
	double number;

	assert_int_equal(extraction_parse("x=([0-9]+)", &extraction, NULL), 0);
	add_lines(&outcome.out, PRINTED_HEAD_BYTES - 8);
	printed_add(&outcome.out, "\n12345678901", 12);
	printed_add(&outcome.out, "2\n", 2);
	add_lines(&outcome.out, 3 * PRINTED_TAIL_BYTES);
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), -ENODATA);
	for (size_t i = 0; i < 3 * PRINTED_TAIL_BYTES; i += 8)
		printed_add(&outcome.out, "88888888", 8);
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), -ENODATA);
	printed_add(&outcome.out, "\n7", 2);
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), 0);
	assert_true(number == 7);
	outcome_release(&outcome);

	outcome = (struct outcome)OUTCOME_INIT;
	strbuf_addstr(&outcome.err_head, "first 12345\nlast\n");
	strbuf_addstr(&outcome.err_text, "2345\nlast\n");
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), -ENODATA);
	outcome_release(&outcome);
	extraction_release(&extraction);
}

static void a_tail_is_looked_through_before_the_head(void **state)
{
	struct outcome outcome = OUTCOME_INIT;
	struct extraction extraction;
	double number;

	assert_int_equal(extraction_parse("x=n=([0-9]+)", &extraction, NULL), 0);
	strbuf_addstr(&outcome.err_text, "n=3\n");
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), 0);
	assert_true(number == 3);
	printed_add(&outcome.out, "n=1\n", 4);
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), 0);
	assert_true(number == 1);
	add_lines(&outcome.out, PRINTED_HEAD_BYTES);
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), 0);
	assert_true(number == 1);
	printed_add(&outcome.out, "n=2\n", 4);
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), 0);
	assert_true(number == 2);
	extraction_release(&extraction);
	outcome_release(&outcome);
}

/* A document in one line, as programs print them for other programs. */
static void add_records(struct strbuf *sb, size_t bytes)
{
	strbuf_addstr(sb, "[");
	for (unsigned int i = 1; sb->len < bytes; i++)
		strbuf_addf(sb, "{\"name\": \"case%u\", \"rps\": %u.5}, ", i, i);
	strbuf_addstr(sb, "{\"name\": \"last\", \"rps\": 7.25}]\n");
}

static void a_document_in_one_line_is_looked_through(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	add_records(&sb, MATCH_LINE_BYTES_MAX - 1000);
	assert_true(number_in("x=\"rps\": ([0-9.]+)", sb.buf) == 7.25);
	assert_true(number_in("x=\"case17\", \"rps\": ([0-9.]+)", sb.buf) == 17.5);
	assert_true(number_in("x=\"case17\".*\"rps\": ([0-9.]+)}]$", sb.buf) == 7.25);
	assert_true(number_in("x=^.{11}case([0-9]+)", sb.buf) == 1);
	assert_int_equal(failure_of("x=tps: ([0-9])", sb.buf), -ENODATA);
	assert_int_equal(failure_of("x=\"name\": (\"[a-z0-9]+\")", sb.buf), -EINVAL);
}

static void what_follows_a_nul_is_looked_through(void **state)
{
	struct extraction extraction;
	double number;

	assert_int_equal(extraction_parse("x=n=([0-9]+)", &extraction, NULL), 0);
	assert_int_equal(extract_from(&extraction, "\0\0n=12\0\n", 8, &number, NULL), 0);
	assert_true(number == 12);
	extraction_release(&extraction);
}

/* Also where all that is kept of it is this line. */
static void lines_that_are_too_long_are_named(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct outcome outcome = OUTCOME_INIT;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	struct extraction extraction;
	double number;

	add_records(&sb, MATCH_LINE_BYTES_MAX + 1);
	printed_add(&outcome.out, sb.buf, sb.len);
	assert_int_equal(extraction_parse("x=\"rps\": ([0-9.]+)", &extraction, NULL), 0);
	assert_int_equal(extract(&extraction, &outcome, &number, &err), -ENODATA);
	assert_non_null(strstr(err.message, "lines above 2.00 MiB are passed over"));
	printed_add(&outcome.out, "\"rps\": 3\n", 9);
	assert_int_equal(extract(&extraction, &outcome, &number, NULL), 0);
	assert_true(number == 3);
	extraction_release(&extraction);
	outcome_release(&outcome);
}

/* As ([0-9]+)x makes regexec(3) try every digit as the first one. */
static void an_expression_that_takes_too_long_is_stopped(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	while (sb.len < MATCH_LINE_BYTES_MAX - 10)
		strbuf_addstr(&sb, "0123456789");
	assert_int_equal(failure_of("x=([0-9]+)x", sb.buf), -ETIME);
}

static void wrong_texts_are_refused(void **state)
{
	static const char *const wrong[] = { "", "x", "x=", "=(a)", "x=abc", "x=(a", "x=a{3,1}(b)" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct extraction extraction;

		assert_true(extraction_parse(wrong[i], &extraction, &err) < 0);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_non_null(err.hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_group_is_the_number),
		cmocka_unit_test(the_last_match_counts),
		cmocka_unit_test(lines_end_at_newlines_or_the_end),
		cmocka_unit_test(what_is_no_number_is_an_error),
		cmocka_unit_test(a_number_that_is_cut_is_none),
		cmocka_unit_test(a_tail_is_looked_through_before_the_head),
		cmocka_unit_test(a_document_in_one_line_is_looked_through),
		cmocka_unit_test(what_follows_a_nul_is_looked_through),
		cmocka_unit_test(lines_that_are_too_long_are_named),
		cmocka_unit_test(an_expression_that_takes_too_long_is_stopped),
		cmocka_unit_test(wrong_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
