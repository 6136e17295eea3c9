/* SPDX-License-Identifier: MIT */
/* How a program is started: by a script's first line through env, and by a loader's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "identify/loader-words.h"
#include "identify/script.h"

/* changes: joined by "|". */
static const struct {
	const char *line, *program, *changes;
	bool bare;
} lines[] = {
	{ "#!/bin/sh\nLD_PRELOAD=x", "/bin/sh", NULL, false },
	{ "#! /usr/bin/perl -w", "/usr/bin/perl", NULL, false },
	{ "#!/usr/bin/env perl", "perl", NULL, false },
	{ "#!/usr/bin/env A=1 perl", "perl", NULL, false },
	{ "#!/usr/bin/env -S perl -w", "perl", "", false },
	{ "#!/usr/bin/env -S A=1 B=two perl -w C=3", "perl", "A=1|B=two", false },
	{ "#!/usr/bin/env -SA=1 perl", "perl", "A=1", false },
	{ "#!/usr/bin/env -vS A=1 perl", "perl", "A=1", false },
	{ "#!/usr/bin/env -iS A=1 perl", "perl", "A=1", true },
	{ "#!/usr/bin/env --split-string=A=1 perl", "perl", "A=1", false },
	{ "#!/usr/bin/env -S -i -u B A=1 perl", "perl", "B|A=1", true },
	{ "#!/usr/bin/env -S --unset=B perl", "perl", "B", false },
	{ "#!/usr/bin/env -S 'A=1 2' \"B=\\\"\" perl", "perl", "A=1 2|B=\"", false },
	{ "#!/usr/bin/env -S A=${HOME}/x perl", "perl", "A=/home/x", false },
	{ "#!/usr/bin/env -S A=${NONE}x perl # B=1", "perl", "A=x", false },
	{ "#!/usr/bin/env -S", NULL, "", false },
	{ "#!/usr/bin/env -S 'A=", NULL, "A=", false },
	{ "#!/usr/bin/env", NULL, NULL, false },
	{ "#!/usr/bin/env ", NULL, NULL, false },
	{ "#!", NULL, NULL, false },
};

static void first_lines(void **state)
{
	char *environment[] = { (char[]){ "HOME=/home" }, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_script_line_ struct script_line parsed;
		_cleanup_strbuf_ struct strbuf changes = STRBUF_INIT;

		script_line_parse(lines[i].line, environment, &parsed);
		for (char **change = parsed.changes; change && *change; change++)
			strbuf_addf(&changes, "%s%s", changes.len ? "|" : "", *change);
		if (!parsed.program != !lines[i].program ||
		    (parsed.program && strcmp(parsed.program, lines[i].program) != 0))
			fail_msg("%s: %s", lines[i].line, parsed.program);
		if (!parsed.changes != !lines[i].changes ||
		    (lines[i].changes && strcmp(changes.len ? changes.buf : "", lines[i].changes)))
			fail_msg("%s: %s", lines[i].line, changes.buf);
		assert_int_equal(parsed.starts_bare, lines[i].bare);
	}
}

#define WORDS(text) text, sizeof(text) - 1

static const struct {
	const char *words;
	size_t len;
	const char *program, *preload, *path;
} commands[] = {
	{ WORDS("ld.so\0./x\0--preload\0y\0"), "./x", NULL, NULL },
	{ WORDS("ld.so\0--preload\0/a.so:/b.so\0/x\0-\0"), "/x", "/a.so:/b.so", NULL },
	{ WORDS("ld.so\0--preload=/a.so\0--library-path\0/l\0x\0"), "x", "/a.so", "/l" },
	{ WORDS("ld.so\0--inhibit-cache\0--argv0\0name\0/x\0"), "/x", NULL, NULL },
	{ WORDS("ld.so\0--preload\0/a.so\0--\0--x\0"), "--x", "/a.so", NULL },
	{ WORDS("ld.so\0--list-tunables\0"), NULL, NULL, NULL },
	{ WORDS("ld.so\0--preload\0"), NULL, NULL, NULL },
	{ WORDS("ld.so\0"), NULL, NULL, NULL },
	{ WORDS(""), NULL, NULL, NULL },
};

static void assert_same(const char *got, const char *wanted)
{
	if (wanted)
		assert_string_equal(got, wanted);
	else
		assert_null(got);
}

static void loaders(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct loader_words words;

		loader_words_parse(commands[i].words, commands[i].len, &words);
		assert_same(words.program, commands[i].program);
		assert_same(words.preload, commands[i].preload);
		assert_same(words.library_path, commands[i].path);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_lines),
		cmocka_unit_test(loaders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
