/* SPDX-License-Identifier: MIT */
#include "cmd/table.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* What a table of one row prints on a standard output that is no terminal. */
static void print_row(const char *cell, struct strbuf *out)
{
	static const struct table_column columns[] = { { "NAME", "name", false },
						       { "LIBRARY", "library", true } };
	_cleanup_fclose_ FILE *file = tmpfile();
	struct text_table *table = table_new(columns, 2);
	int saved = dup(STDOUT_FILENO);

	assert_non_null(file);
	table_add_row(table, (const char *const[]){ "own", cell });
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	table_print(table);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	table_free(table);
	rewind(file);
	assert_int_equal(strbuf_read_fd(out, fileno(file), 4096), 0);
}

static void cells_are_in_the_characters_of_the_locale(void **state)
{
	_cleanup_strbuf_ struct strbuf ascii = STRBUF_INIT, utf8 = STRBUF_INIT;

	print_row("/b\u00fccher\033", &ascii);
	assert_string_equal(ascii.buf, "NAME  LIBRARY\nown   /b\\xc3\\xbccher\\x1b\n");
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	print_row("/b\u00fccher\033", &utf8);
	assert_string_equal(utf8.buf, "NAME  LIBRARY\nown   /b\u00fccher\\x1b\n");
	setlocale(LC_CTYPE, "C");
}

/* What does not fit as a table is a block of lines for each row; what fits is one. */
static void narrow_output_gets_blocks(void **state)
{
	_cleanup_strbuf_ struct strbuf narrow = STRBUF_INIT, wide = STRBUF_INIT;
	const char *cell = "a text of several words that are longer than the room is";

	setenv("COLUMNS", "20", 1);
	print_row(cell, &narrow);
	assert_string_equal(narrow.buf, "own\n"
					"  LIBRARY  a text of\n"
					"           several words\n"
					"           that are longer\n"
					"           than the room is\n");
	setenv("COLUMNS", "40", 1);
	print_row(cell, &wide);
	assert_string_equal(wide.buf, "NAME  LIBRARY\n"
				      "own   a text of several words that are\n"
				      "      longer than the room is\n");
	unsetenv("COLUMNS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_in_the_characters_of_the_locale),
		cmocka_unit_test(narrow_output_gets_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
