/* SPDX-License-Identifier: MIT */
/* Which words of a command line abbreviate an option, and which are arguments or somebody else's. */
#include "cmd/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct argp_option child_options[] = {
	{ "rounds", 'r', "N", 0, NULL, 0 },
	{ "times", 0, NULL, OPTION_ALIAS, NULL, 0 },
	{ "quiet", 'q', NULL, 0, NULL, 0 },
	{ 0 },
};
static const struct argp child = { .options = child_options };
static const struct argp_child children[] = { { &child, 0, NULL, 0 }, { 0 } };
static const struct argp_option options[] = {
	{ "json", 'j', "FILE", 0, NULL, 0 },
	{ "fail-if", 1000, "CONDITION", 0, NULL, 0 },
	{ "fail-if-unclear", 1001, NULL, 0, NULL, 0 },
	{ "colour", 1002, "WHEN", OPTION_ARG_OPTIONAL, NULL, 0 },
	{ "documented", 0, NULL, OPTION_DOC, "no option", 0 },
	{ 0 },
};
static const struct argp argp = { .options = options, .children = children };

/* words: one line of arguments, without the program's name */
static void check(const char *words, unsigned flags, const char *word, const char *option)
{
	char copy[200], *argv[20] = { (char[]){ "test" } }, *rest = copy, *next;
	int argc = 1;
	const char *found_option = NULL;

	assert_true(strlen(words) < sizeof(copy));
	strcpy(copy, words);
	while ((next = strsep(&rest, " ")))
		if (*next)
			argv[argc++] = next;
	const char *found = arguments_mistaken(&argp, argc, argv, flags, &found_option);
	if (!word) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found, word);
	if (!option)
		assert_null(found_option);
	else
		assert_string_equal(found_option, option);
}

static void test_words(void **state)
{
	static const struct {
		const char *words;
		unsigned flags;
		const char *word, *option;
	} rows[] = {
		{ "", 0, NULL, NULL },
		{ "--rounds 5 --json x --fail-if y --quiet", 0, NULL, NULL },
		{ "--round 5", 0, "--round", "rounds" },
		{ "--round=5", 0, "--round=5", "rounds" },
		{ "-q --js x", 0, "--js", "json" },
		{ "case --round 5", 0, "--round", "rounds" },
		{ "--fail-i x", 0, "--fail-i", "fail-if" },
		{ "--fail-if-u", 0, "--fail-if-u", "fail-if-unclear" },
		{ "--time 5", 0, "--time", "times" },
		{ "--he", 0, "--he", "help" },
		{ "--us", 0, "--us", "usage" },
		{ "--help --usage -?", 0, NULL, NULL },
		{ "--jsno x", 0, "--jsno", "json" },
		/* Like none: nothing is suggested. What is only documentation is no option. */
		{ "--nonsense", 0, "--nonsense", NULL },
		{ "--documented", 0, "--documented", NULL },
		/* Arguments of options may look like options. */
		{ "--json --round --quiet", 0, NULL, NULL },
		{ "--times --round", 0, NULL, NULL },
		{ "--json= --round", 0, "--round", "rounds" },
		{ "-j --round", 0, NULL, NULL },
		{ "-qj --round", 0, NULL, NULL },
		{ "-jq --round", 0, "--round", "rounds" },
		{ "-q --round", 0, "--round", "rounds" },
		{ "--colour --round", 0, "--round", "rounds" },
		/* A command's own words. */
		{ "-- --round", 0, NULL, NULL },
		{ "--quiet -- prog --round", ARGP_IN_ORDER, NULL, NULL },
		{ "prog --round", ARGP_IN_ORDER, NULL, NULL },
		{ "--rounds 5 prog --round", ARGP_IN_ORDER, NULL, NULL },
		{ "--round 5 prog", ARGP_IN_ORDER, "--round", "rounds" },
		{ "- --round", 0, "--round", "rounds" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].words);
		check(rows[i].words, rows[i].flags, rows[i].word, rows[i].option);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
