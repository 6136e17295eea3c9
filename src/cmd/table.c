/* SPDX-License-Identifier: MIT */
#include "cmd/table.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/show.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cmd/command.h"

enum {
	GAP = 2, /* columns of space between two columns of a table */
	WRAP_MIN = 16,
	HEADS_MAX = 2,
};

struct text_table {
	const struct table_column *columns;
	size_t column_count;
	char **cells; /* escaped, row by row */
	size_t cell_count, cell_alloc;
	char **raw; /* the same as given; NULL: nothing */
	size_t raw_count, raw_alloc;
};

struct text_table *table_new(const struct table_column *columns, size_t count)
{
	struct text_table *table = xcalloc(1, sizeof(*table));

	table->columns = columns;
	table->column_count = count;
	return table;
}

void table_add_row(struct text_table *table, const char *const *cells)
{
	for (size_t i = 0; i < table->column_count; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		show_text(&text, cells[i] ? cells[i] : "-", show_utf8());
		*ARRAY_PUSH(table->cells, table->cell_count, table->cell_alloc) =
			strbuf_detach(&text);
		*ARRAY_PUSH(table->raw, table->raw_count, table->raw_alloc) =
			cells[i] ? xstrdup(cells[i]) : NULL;
	}
}

/*
 * Counts UTF-8 characters. Wide characters misalign the table a little: each counts as one column.
 */
static size_t text_width(const char *text, size_t bytes)
{
	size_t width = 0;

	for (size_t i = 0; i < bytes; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static size_t natural_width(const struct text_table *table, size_t column)
{
	size_t width =
		text_width(table->columns[column].title, strlen(table->columns[column].title));

	for (size_t i = column; i < table->cell_count; i += table->column_count) {
		size_t cell = text_width(table->cells[i], strlen(table->cells[i]));

		width = cell > width ? cell : width;
	}
	return width;
}

/* Divides the remaining width among the wrapped columns; each gets at most its full width. False: too narrow. */
static bool fit_widths(const struct text_table *table, size_t *widths, size_t room)
{
	size_t total = GAP * (table->column_count - 1), highest = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		total += widths[i];
		if (table->columns[i].wrap && widths[i] > highest)
			highest = widths[i];
	}
	for (size_t limit = highest; total > room && limit > WRAP_MIN; limit--) {
		for (size_t i = 0; i < table->column_count; i++) {
			if (table->columns[i].wrap && widths[i] == limit && total > room) {
				widths[i]--;
				total--;
			}
		}
	}
	return total <= room;
}

/* The text with line ends between words; words longer than a line are cut. Caller frees. */
static char *break_lines(const char *text, size_t width)
{
	struct strbuf out = STRBUF_INIT;
	size_t column = 0;

	while (*text) {
		size_t bytes = strcspn(text, " "), word = text_width(text, bytes);

		if (column > 0 && column + 1 + word > width) {
			strbuf_addch(&out, '\n');
			column = 0;
		} else if (column > 0) {
			strbuf_addch(&out, ' ');
			column++;
		}
		for (size_t i = 0; i < bytes; i++) {
			if (text_width(text + i, 1) && column++ == width) {
				strbuf_addch(&out, '\n');
				column = 1;
			}
			strbuf_addch(&out, text[i]);
		}
		text += bytes + (text[bytes] == ' ');
	}
	return strbuf_detach(&out);
}

/* A text that begins at `column`, broken between words to lines that begin at `indent`. */
static void print_wrapped(const char *text, size_t column, size_t indent, size_t room)
{
	_cleanup_free_ char *lines =
		break_lines(text, room > indent + WRAP_MIN ? room - indent : WRAP_MIN);

	for (char *rest = lines, *line; (line = strsep(&rest, "\n")); column = 0)
		printf("%*s%s\n", (int)(indent > column ? indent - column : 0), "", line);
}

/* Where the room is too narrow for columns: a block for each row, headed by its first cells, and a line a cell. */
static void print_blocks(const struct text_table *table, size_t heads, size_t room)
{
	size_t indent = 0;

	for (size_t i = heads; i < table->column_count; i++) {
		size_t width = strlen(table->columns[i].title) + 2 * GAP;

		indent = width > indent ? width : indent;
	}
	for (size_t first = 0; first < table->cell_count; first += table->column_count) {
		if (first)
			putchar('\n');
		for (size_t i = 0; i < heads; i++)
			printf("%s%s", i ? "  " : "", table->cells[first + i]);
		putchar('\n');
		for (size_t i = heads; i < table->column_count; i++) {
			if (!strcmp(table->cells[first + i], "-"))
				continue;
			int used = printf("%*s%s", GAP, "", table->columns[i].title);
			print_wrapped(table->cells[first + i], (size_t)used, indent, room);
		}
	}
}

/* The first columns, which name a row: at most two short ones. */
static size_t count_heads(const struct text_table *table, const size_t *widths, size_t room)
{
	size_t total = 0, heads = 0;

	while (heads + 1 < table->column_count && heads < HEADS_MAX &&
	       !table->columns[heads].wrap && total + widths[heads] + GAP < room)
		total += widths[heads++] + GAP;
	return heads ? heads : 1;
}

void table_print(struct text_table *table)
{
	_cleanup_free_ size_t *widths = xcalloc(table->column_count, sizeof(*widths));
	size_t room = output_columns(STDOUT_FILENO);

	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = natural_width(table, i);
	if (room && !fit_widths(table, widths, isatty(STDOUT_FILENO) ? room - 1 : room)) {
		for (size_t i = 0; i < table->column_count; i++)
			widths[i] = natural_width(table, i);
		print_blocks(table, count_heads(table, widths, room), room - 1);
		return;
	}
	struct libscols_table *scols = scols_new_table();
	if (!scols)
		abort();                         /* out of memory: see base/xalloc.h */
	scols_table_enable_noencoding(scols, 1); /* cells are escaped here */
	scols_table_set_column_separator(scols, "  ");
	for (size_t i = 0; i < table->column_count; i++) {
		struct libscols_column *column =
			scols_table_new_column(scols, table->columns[i].title, 0,
					       table->columns[i].wrap ? SCOLS_FL_WRAP : 0);

		if (table->columns[i].wrap)
			scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
						  scols_wrapnl_nextchunk, NULL);
	}
	for (size_t first = 0; first < table->cell_count; first += table->column_count) {
		struct libscols_line *line = scols_table_new_line(scols, NULL);

		for (size_t i = 0; i < table->column_count; i++) {
			_cleanup_free_ char *text = break_lines(table->cells[first + i], widths[i]);

			scols_line_set_data(line, i, text);
		}
	}
	/* No truncation: the terminal wraps text that still does not fit. */
	scols_table_set_termforce(scols, SCOLS_TERMFORCE_NEVER);
	scols_print_table(scols);
	scols_unref_table(scols);
}

const struct table_column *table_columns(const struct text_table *table, size_t *ret_count)
{
	*ret_count = table->column_count;
	return table->columns;
}

size_t table_row_count(const struct text_table *table)
{
	return table->raw_count / table->column_count;
}

const char *table_cell(const struct text_table *table, size_t row, size_t column)
{
	return table->raw[row * table->column_count + column];
}

void table_free(struct text_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i]);
	for (size_t i = 0; i < table->raw_count; i++)
		free(table->raw[i]);
	free(table->cells);
	free(table->raw);
	free(table);
}
