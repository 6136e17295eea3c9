/* SPDX-License-Identifier: MIT */
#include "cmd/listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "model/document-values.h"

bool listing_format_is_json(const char *arg)
{
	struct error err = ERROR_INIT;

	if (!strcmp(arg, "json") || !strcmp(arg, "text"))
		return *arg == 'j';
	error_set(&err, ERROR_USAGE, EINVAL, "no such format: --format '%s'", arg);
	error_hint(&err, "choose text or json");
	exit(command_fail(&err));
}

void listing_init(struct listing *listing, const char *schema, bool json)
{
	*listing = (struct listing){ 0 };
	if (!json)
		return;
	listing->document = must(json_object());
	set(listing->document, "schema", json_string(schema));
	set(listing->document, "tool",
	    json_pack("{s:s, s:s}", "name", "madvisor", "version", MADVISOR_VERSION));
}

void listing_add_text(struct listing *listing, const char *key, const char *value)
{
	if (listing->document)
		set(listing->document, key, text(value));
}

void listing_add_truth(struct listing *listing, const char *key, bool truth)
{
	if (listing->document)
		set(listing->document, key, json_boolean(truth));
}

/* An empty cell is a null, as is one without a text. */
static json_t *rows_of(const struct text_table *table)
{
	json_t *rows = must(json_array());
	size_t count;
	const struct table_column *columns = table_columns(table, &count);

	for (size_t i = 0; i < table_row_count(table); i++) {
		json_t *row = must(json_object());

		for (size_t k = 0; k < count; k++) {
			const char *cell = table_cell(table, i, k);

			set(row, columns[k].key, text(cell && *cell ? cell : NULL));
		}
		append(rows, row);
	}
	return rows;
}

void listing_add_table(struct listing *listing, const char *key, const char *title,
		       struct text_table *table)
{
	if (listing->document) {
		set(listing->document, key, rows_of(table));
	} else {
		if (title)
			printf("%s\n", title);
		table_print(table);
		if (title)
			putchar('\n');
	}
	table_free(table);
}

void listing_finish(struct listing *listing)
{
	if (!listing->document)
		return;
	_cleanup_free_ char *written =
		json_dumps(listing->document, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	if (!written)
		abort(); /* out of memory: the document is well-formed */
	puts(written);
	json_decref(listing->document);
	listing->document = NULL;
}
