/* SPDX-License-Identifier: MIT */
#include "alloc/spec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

static void parts_are_told_apart(void **state)
{
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };

	assert_int_equal(contender_spec_parse(" jemalloc@5.3.0 [ tcache_max : 4096 ;thp=never ] ",
					      &spec, NULL),
			 0);
	assert_string_equal(spec.name, "jemalloc");
	assert_string_equal(spec.version, "5.3.0");
	assert_null(spec.path);
	assert_false(spec.all);
	assert_int_equal(spec.setting_count, 2);
	assert_string_equal(spec.settings[0].key, "tcache_max");
	assert_string_equal(spec.settings[0].value, "4096");
	assert_string_equal(spec.settings[1].key, "thp");
	assert_string_equal(spec.settings[1].value, "never");
}

static void a_path_may_hold_what_a_name_may_not(void **state)
{
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };

	assert_int_equal(contender_spec_parse("mine=/opt/a b@2=c:d/lib.so.2[k:v:w]", &spec, NULL),
			 0);
	assert_string_equal(spec.name, "mine");
	assert_null(spec.version);
	assert_string_equal(spec.path, "/opt/a b@2=c:d/lib.so.2");
	assert_string_equal(spec.settings[0].key, "k");
	assert_string_equal(spec.settings[0].value, "v:w");
}

static void lists_split_outside_brackets(void **state)
{
	_cleanup_contender_list_ struct contender_list list = { 0 };

	assert_int_equal(
		contender_list_parse("glibc,jemalloc[a:1,b:2], all ,x=/y/z.so,jemalloc[a:1]", &list,
				     NULL),
		0);
	assert_int_equal(list.count, 5);
	assert_string_equal(list.items[0].name, "glibc");
	assert_int_equal(list.items[1].setting_count, 2);
	assert_true(list.items[2].all);
	assert_null(list.items[2].name);
	assert_string_equal(list.items[3].path, "/y/z.so");
	assert_int_equal(list.items[4].setting_count, 1);
}

/* Each wrong text, and a word of the message that says what is wrong with it. */
static const struct {
	const char *text, *word;
} wrong[] = {
	{ "", "empty" },
	{ "   ", "empty" },
	{ "a,,b", "empty" },
	{ "a,", "empty" },
	{ ",a", "empty" },
	{ "[a:1]", "no name" },
	{ "@5", "no name" },
	{ "=/a/b", "no name" },
	{ "jemalloc[a:1", "'[' without ']'" },
	{ "jemalloc[", "'[' without ']'" },
	{ "jemalloc]", "']' without '['" },
	{ "jemalloc]a:1[", "']' without '['" },
	{ "jemalloc[a:1]]", "more than one bracket" },
	{ "jemalloc[[a:1]", "more than one bracket" },
	{ "jemalloc[a:1][b:2]", "more than one bracket" },
	{ "jemalloc[a:1]b", "text behind" },
	{ "jemalloc[]", "setting is missing" },
	{ "jemalloc[a:1,]", "setting is missing" },
	{ "jemalloc[a:1,,b:2]", "setting is missing" },
	{ "jemalloc[a]", "no value" },
	{ "jemalloc[a:]", "no value" },
	{ "jemalloc[:1]", "no key" },
	{ "jemalloc[a b:1]", "strange" },
	{ "jemalloc[a:1 2]", "space" },
	{ "jemalloc[a:1,a:2]", "twice" },
	{ "mimalloc[PURGE_DELAY=1,purge_delay=2]", "twice" },
	{ "jemalloc@", "no version" },
	{ "jemalloc@/x/y", "no version" },
	{ "mine=", "not a path" },
	{ "mine=lib.so", "not a path" },
	{ "jemalloc:tcache_max:1", "':'" },
	{ "je malloc", "characters" },
	{ "-x", "characters" },
	{ "je/malloc", "characters" },
	{ "limit", "reserved" },
	{ "self@5", "'self' takes no version" },
	{ "self=/x/y.so", "'self' takes no version" },
	{ "limit=/x/y.so", "reserved" },
	{ "all[a:1]", "'all'" },
	{ "all@5", "'all'" },
	{ "all=/x/y.so", "'all'" },
	{ "glibc,glibc", "twice" },
	{ "all,all", "twice" },
	{ "jemalloc[a:1],jemalloc[a=1]", "twice" },
	{ "a\nb", "control" },
	{ "a\x1b[31m", "control" },
};

static void wrong_texts_are_refused_for_the_right_reason(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct contender_list list;

		if (contender_list_parse(wrong[i].text, &list, &err) != -EINVAL)
			fail_msg("'%s' was accepted", wrong[i].text);
		if (!strstr(err.message, wrong[i].word))
			fail_msg("'%s': '%s' does not speak of %s", wrong[i].text, err.message,
				 wrong[i].word);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_int_equal(list.count, 0);
		assert_null(list.items);
	}
}

static void refusals_name_a_remedy(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct contender_spec spec;

	assert_int_equal(contender_spec_parse("jemalloc:tcache_max:1", &spec, &err), -EINVAL);
	assert_non_null(strstr(err.hint, "NAME[key:value]"));
	assert_int_equal(contender_spec_parse("mine=lib.so", &spec, &err), -EINVAL);
	assert_non_null(strstr(err.hint, "'/'"));
}

static void formatting_gives_the_same_again(void **state)
{
	static const char *const texts[] = { "all", "glibc", "jemalloc@5.3[a:1,b:x:y]",
					     "m=/a@b=c/d.so[k:1]" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_contender_spec_ struct contender_spec spec = { 0 };

		assert_int_equal(contender_spec_parse(texts[i], &spec, NULL), 0);
		_cleanup_free_ char *again = contender_spec_format(&spec, ':');
		assert_string_equal(again, texts[i]);
	}
}

/* So many of something that it can only be a mistake. */
static void assert_too_many(const char *before, const char *item, const char *between,
			    const char *after, unsigned int count)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct contender_list list;

	strbuf_addstr(&text, before);
	for (unsigned int i = 0; i < count; i++)
		strbuf_addf(&text, "%s%s%u%s", i ? "," : "", item, i, between);
	strbuf_addstr(&text, after);
	assert_int_equal(contender_list_parse(text.buf, &list, NULL), -EINVAL);
}

static void endless_texts_are_refused(void **state)
{
	_cleanup_free_ char *long_text = xmalloc(CONTENDER_SPEC_TEXT_MAX + 2);
	struct contender_list list;

	memset(long_text, 'a', CONTENDER_SPEC_TEXT_MAX + 1);
	long_text[CONTENDER_SPEC_TEXT_MAX + 1] = '\0';
	assert_int_equal(contender_list_parse(long_text, &list, NULL), -EINVAL);
	assert_too_many("", "c", "", "", CONTENDER_LIST_MAX + 1);
	assert_too_many("j[", "k", ":1", "]", CONTENDER_SPEC_SETTINGS_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_told_apart),
		cmocka_unit_test(a_path_may_hold_what_a_name_may_not),
		cmocka_unit_test(lists_split_outside_brackets),
		cmocka_unit_test(wrong_texts_are_refused_for_the_right_reason),
		cmocka_unit_test(refusals_name_a_remedy),
		cmocka_unit_test(formatting_gives_the_same_again),
		cmocka_unit_test(endless_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
