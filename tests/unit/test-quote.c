/* SPDX-License-Identifier: MIT */
/* What is quoted is given to a real shell: it must come out as it went in. */
#include "base/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"

static void expect_words(const char *const *words, const char *wanted)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	quote_words(&got, words);
	assert_string_equal(got.buf, wanted);
}

static void words_are_bare_where_no_shell_minds(void **state)
{
	expect_words((const char *const[]){ "./a-b_c", "--size=4K,8K", "a:b+c@d%e", NULL },
		     "./a-b_c --size=4K,8K a:b+c@d%e");
	expect_words((const char *const[]){ "", "a b", "~", "{a,b}", "it's", NULL },
		     "'' 'a b' '~' '{a,b}' 'it'\\''s'");
}

/* What a shell makes of a line, followed by one that prints V. */
static void expect_set(const char *assignment, const char *value)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;

	assert_true(quote_assignment(&line, assignment));
	_cleanup_free_ char *script = xasprintf("%s\nprintf %%s \"$V\"", line.buf);
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	assert_int_equal(spawn_capture(&(struct spawn){ .argv = argv }, &result, NULL), 0);
	assert_int_equal(result.exit_status, 0);
	assert_string_equal(result.err.buf, "");
	assert_string_equal(result.out.buf, value);
}

static void a_shell_only_sets_the_variable(void **state)
{
	static const char *const values[] = {
		"",
		"plain:1,b:2",
		"x;echo pwned #'",
		"$(echo pwned)",
		"`echo pwned`",
		"a\\b\\\\c",
		"\"",
		"'''",
		"a  b",
		"*",
		"~root",
		"!!",
		"x & echo pwned",
		"x | cat",
		"> f",
		"é \u2026",
		"-n",
		"x=y",
		"\\",
		"{a,b}",
		"#",
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_free_ char *assignment = xasprintf("V=%s", values[i]);

		expect_set(assignment, values[i]);
	}
}

static void what_cannot_be_shown_is_no_assignment(void **state)
{
	static const char *const refused[] = {
		"V=a\nb",      "V=a\033[31m", "V=a\tb", "V=\x7f", "V=\xff", "V=\xc3", "V=\u202e",
		"=x",          "V",           "1V=x",   "A B=x",  "A;B=x",  "$(x)=y", "",
		"V\xc3\xa4=x", "A-B=x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

		if (quote_assignment(&got, refused[i]))
			fail_msg("row %zu is taken", i);
		assert_int_equal(got.len, 0);
	}
}

/* Whatever a writer makes of the characters that do not print: a shell that is given the rest runs none of it. */
static void data_runs_nothing(void **state)
{
	static const struct {
		const char *assignment, *wanted;
	} rows[] = {
		{ "V=a\033;touch x #'", "V='a\033;touch x #'\\'''" },
		{ "A;B=x", "'A;B=x'" },
		{ "$(touch x)=y", "'$(touch x)=y'" },
		{ "touch x", "'touch x'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

		quote_data(&got, rows[i].assignment);
		assert_string_equal(got.buf, rows[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_bare_where_no_shell_minds),
		cmocka_unit_test(a_shell_only_sets_the_variable),
		cmocka_unit_test(what_cannot_be_shown_is_no_assignment),
		cmocka_unit_test(data_runs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
