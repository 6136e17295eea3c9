/* SPDX-License-Identifier: MIT */
#include "cmd/listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

static const struct table_column columns[] = { { "NAME", "name", false },
					       { "LIBRARY", "library", true } };

/* what a listing with one row prints. */
static void print_listing(bool json, const char *name, const char *cell, struct strbuf *out)
{
	_cleanup_fclose_ FILE *file = tmpfile();
	struct text_table *table = table_new(columns, 2);
	int saved = dup(STDOUT_FILENO);
	struct listing listing;

	assert_non_null(file);
	table_add_row(table, (const char *const[]){ name, cell });
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	listing_init(&listing, "madvisor.test/1", json);
	listing_add_truth(&listing, "good", true);
	listing_add_table(&listing, "rows", "Title", table);
	listing_finish(&listing);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	assert_int_equal(strbuf_read_fd(out, fileno(file), 4096), 0);
}

static void people_get_tables_with_titles(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	print_listing(false, "own", NULL, &out);
	assert_string_equal(out.buf, "Title\nNAME  LIBRARY\nown   -\n\n");
}

/* What a name holds reads back from the document, byte by byte where it is UTF-8; nothing in it acts on a terminal. */
static void hostile_cells_read_back(void **state)
{
	static const struct {
		const char *cell, *wanted; /* wanted NULL: null */
	} cases[] = {
		{ "\033[31m\"},\n{\"x\": [\\", "\033[31m\"},\n{\"x\": [\\" },
		{ "/b\u00fccher\u202e", "/b\u00fccher\u202e" },
		{ "a\xff\xc3(", "a\\xff\\xc3(" },
		{ "-", "-" },
		{ "", NULL },
		{ NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

		print_listing(true, "own", cases[i].cell, &out);
		for (size_t k = 0; k + 1 < out.len; k++)
			assert_true(out.buf[k] == '\n' || (out.buf[k] >= ' ' && out.buf[k] <= '~'));
		json_t *root = json_loads(out.buf, 0, NULL);
		assert_non_null(root);
		assert_string_equal(json_string_value(json_object_get(root, "schema")),
				    "madvisor.test/1");
		assert_true(json_is_true(json_object_get(root, "good")));
		json_t *row = json_array_get(json_object_get(root, "rows"), 0);
		assert_string_equal(json_string_value(json_object_get(row, "name")), "own");
		json_t *cell = json_object_get(row, "library");
		if (cases[i].wanted)
			assert_string_equal(json_string_value(cell), cases[i].wanted);
		else
			assert_true(json_is_null(cell));
		json_decref(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_get_tables_with_titles),
		cmocka_unit_test(hostile_cells_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
