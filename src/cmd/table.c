/* SPDX-License-Identifier: MIT */
#include "cmd/table.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

struct table {
	struct libscols_table *scols;
	size_t columns;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = xcalloc(1, sizeof(*table));

	table->columns = count;
	table->scols = scols_new_table();
	if (!table->scols)
		abort(); /* out of memory: see base/xalloc.h */
	scols_table_enable_noencoding(table->scols, 1); /* cells are escaped here */
	scols_table_set_column_separator(table->scols, "  ");
	for (size_t i = 0; i < count; i++)
		scols_table_new_column(table->scols, columns[i].title, 0,
				       columns[i].wrap && isatty(STDOUT_FILENO) ? SCOLS_FL_WRAP : 0);
	return table;
}

void table_add_row(struct table *table, const char *const *cells)
{
	struct libscols_line *line = scols_table_new_line(table->scols, NULL);

	for (size_t i = 0; i < table->columns; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		strbuf_add_escaped(&text, cells[i] ? cells[i] : "-");
		scols_line_set_data(line, i, text.buf);
	}
}

void table_print(struct table *table)
{
	scols_print_table(table->scols);
}

void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->scols);
	free(table);
}
