/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include "report/format/term-table.h"

#include <libsmartcols.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/show.h"
#include "base/xalloc.h"
#include "report/format/bar.h"

#define GAP 2 /* columns of space between two columns of a table */
#define BAR_WIDTH_MIN 6
#define BAR_WIDTH_MAX 24

#define STYLE_TITLE "\033[1m"
#define STYLE_HEADER "\033[2m"
#define STYLE_GOOD "\033[32m"
#define STYLE_BAD "\033[31m"

void term_add_text(struct strbuf *sb, const char *text, const struct report_options *options)
{
	show_text(sb, text, options->utf8);
}

size_t term_width(const char *text, const struct report_options *options)
{
	mbstate_t state = { 0 };
	size_t width = 0;

	if (!options->utf8)
		return strlen(text);
	while (*text) {
		wchar_t c;
		size_t len = mbrtowc(&c, text, MB_CUR_MAX, &state);
		int columns = 1;

		if (len == (size_t)-1 || len == (size_t)-2) {
			state = (mbstate_t){ 0 };
			len = 1;
		} else {
			columns = wcwidth(c);
		}
		width += columns < 0 ? 1 : (size_t)columns;
		text += len;
	}
	return width;
}

void term_table_init(struct term_table *table, const struct table *description,
		     const struct report_options *options)
{
	*table = (struct term_table){
		.options = options,
		.kind = description->kind,
		.column_count = description->column_count,
	};
	table->columns = xcalloc(table->column_count, sizeof(*table->columns));
	table->titles = xcalloc(table->column_count, sizeof(*table->titles));
	for (size_t i = 0; i < table->column_count; i++) {
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;

		table->columns[i] = description->columns[i];
		term_add_text(&title, description->columns[i].title, options);
		table->titles[i] = strbuf_detach(&title);
	}
}

void term_table_release(struct term_table *table)
{
	for (size_t i = 0; i < table->line_count; i++) {
		for (size_t c = 0; c < table->column_count; c++)
			free(table->lines[i].cells[c].text);
		free(table->lines[i].cells);
	}
	for (size_t c = 0; c < table->column_count; c++)
		free(table->titles[c]);
	free(table->titles);
	free(table->columns);
	free(table->lines);
	*table = (struct term_table){ 0 };
}

static struct term_cell *add_line(struct term_table *table, bool starts_group)
{
	struct term_line *line = ARRAY_PUSH(table->lines, table->line_count, table->line_alloc);

	line->starts_group = starts_group;
	line->cells = xcalloc(table->column_count, sizeof(*line->cells));
	return line->cells;
}

void term_table_group(struct term_table *table, const char *title)
{
	struct term_cell *cells = add_line(table, true);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	term_add_text(&sb, title, table->options);
	cells[0] = (struct term_cell){ .text = strbuf_detach(&sb), .colour = STYLE_TITLE };
	for (size_t i = 1; i < table->column_count; i++)
		cells[i] = (struct term_cell){
			.text = xstrdup(table->titles[i]),
			.colour = STYLE_HEADER,
		};
}

/* The word of a verdict as a sign, where a column for the word would be too wide. */
static const char *verdict_sign(enum verdict verdict, bool utf8)
{
	switch (verdict) {
	case VERDICT_FASTER:
		return utf8 ? "\u25bc" : "v";
	case VERDICT_SLOWER:
		return utf8 ? "\u25b2" : "^";
	case VERDICT_TIE:
		return "=";
	default:
		return "?";
	}
}

static void add_outcome(struct strbuf *sb, const struct cell *cell, bool utf8)
{
	const struct cell ratio = { .kind = CELL_RATIO, .value = cell->value };

	cell_text(sb, &ratio, utf8);
	strbuf_addf(sb, " %s", verdict_sign(cell->verdict, utf8));
}

void term_table_row(struct term_table *table, const struct cell *row)
{
	struct term_cell *cells = add_line(table, false);
	bool utf8 = table->options->utf8;

	for (size_t i = 0; i < table->column_count; i++) {
		_cleanup_strbuf_ struct strbuf plain = STRBUF_INIT;
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		cells[i].bar = row[i];
		if (row[i].settled)
			cells[i].colour = row[i].verdict == VERDICT_FASTER ? STYLE_GOOD : STYLE_BAD;
		if (row[i].kind == CELL_BAR)
			continue;
		if (i == 0)
			strbuf_addstr(&sb, "  ");
		if (row[i].kind == CELL_OUTCOME) {
			add_outcome(&sb, &row[i], utf8);
		} else if (row[i].kind == CELL_TEXT) {
			cell_text(&plain, &row[i], utf8);
			term_add_text(&sb, plain.buf, table->options);
		} else {
			cell_text(&sb, &row[i], utf8);
		}
		cells[i].text = strbuf_detach(&sb);
	}
}

/* The least width of the first column: the indentation of its names. */
#define NAME_MIN 2
/* The rest of a name of several lines stands this much farther in. */
#define NAME_INDENT 4

/* The columns shown and the width of the bar, chosen so that the table fits. */
struct layout {
	const struct term_table *table;
	bool *shown;
	size_t total; /* width of what is shown */
	size_t name;  /* width of the first column: wider names stand above their row */
	unsigned int bar_width;
};

static bool is_bar(const struct term_table *table, size_t column)
{
	for (size_t i = 0; i < table->line_count; i++)
		if (!table->lines[i].starts_group)
			return !table->lines[i].cells[column].text;
	return false;
}

static size_t column_width(const struct term_table *table, size_t column)
{
	size_t width = is_bar(table, column) ? BAR_WIDTH_MIN : 0;

	for (size_t i = 0; i < table->line_count; i++) {
		const char *text = table->lines[i].cells[column].text;
		size_t text_width = text ? term_width(text, table->options) : 0;

		if (text_width > width)
			width = text_width;
	}
	return width;
}

static size_t total_width(const size_t *widths, const bool *shown, size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		if (shown[i])
			total += widths[i] + (total ? GAP : 0);
	return total;
}

/* Hides what is most dispensable, all of a degree together, until the rest fits. */
static void hide_columns(struct layout *layout, const size_t *widths, size_t width)
{
	const struct term_table *table = layout->table;

	while (total_width(widths, layout->shown, table->column_count) > width) {
		unsigned int highest = 0;

		for (size_t i = 0; i < table->column_count; i++)
			if (layout->shown[i] && table->columns[i].dispensable > highest)
				highest = table->columns[i].dispensable;
		if (!highest)
			return;
		for (size_t i = 0; i < table->column_count; i++)
			if (table->columns[i].dispensable == highest)
				layout->shown[i] = false;
	}
}

/* Whether the name of a row has a line of its own above the row. */
static bool stands_above(const struct layout *layout, const struct term_line *line)
{
	return term_width(line->cells[0].text, layout->table->options) > layout->name;
}

static void fill_line(struct libscols_line *line, const struct term_line *source,
		      const struct layout *layout)
{
	bool colour = layout->table->options->colour;
	size_t column = 0;

	for (size_t i = 0; i < layout->table->column_count; i++) {
		const struct term_cell *cell = &source->cells[i];
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (!layout->shown[i])
			continue;
		if (!cell->text)
			bar_text(&text, &cell->bar, layout->bar_width,
				 layout->table->options->utf8);
		else if (i > 0 || !stands_above(layout, source))
			strbuf_addstr(&text, cell->text);
		else
			strbuf_addf(&text, "%*s", (int)layout->name, "");
		if (scols_line_set_data(line, column, text.buf) < 0)
			abort(); /* exhausted memory, as in xmalloc() */
		if (colour && cell->colour)
			scols_cell_set_color(scols_line_get_cell(line, column), cell->colour);
		column++;
	}
}

static struct libscols_table *build(const struct layout *layout)
{
	const struct term_table *table = layout->table;
	struct libscols_table *tb = scols_new_table();

	if (!tb)
		abort();
	scols_table_enable_noheadings(tb, 1);
	scols_table_enable_colors(tb, table->options->colour);
	scols_table_enable_ascii(tb, !table->options->utf8);
	scols_table_enable_noencoding(tb, 1); /* term_add_text() has made it safe */
	scols_table_set_column_separator(tb, "  ");
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(tb, layout->total + 1); /* the layout fits already */
	for (size_t i = 0; i < table->column_count; i++)
		if (layout->shown[i] &&
		    !scols_table_new_column(tb, "", 0,
					    table->columns[i].numeric ? SCOLS_FL_RIGHT : 0))
			abort();
	for (size_t i = 0; i < table->line_count; i++) {
		struct libscols_line *line = scols_table_new_line(tb, NULL);

		if (!line)
			abort();
		fill_line(line, &table->lines[i], layout);
	}
	return tb;
}

/* A line without the spaces that padding leaves at its end. Returns the next line. */
static const char *add_trimmed(struct strbuf *out, const char *line)
{
	size_t len = strcspn(line, "\n"), kept = len;

	while (kept && line[kept - 1] == ' ')
		kept--;
	strbuf_add(out, line, kept);
	strbuf_addch(out, '\n');
	return line + len + (line[len] == '\n');
}

static void print_name(const struct term_table *table, const struct term_cell *cell,
		       struct strbuf *out)
{
	bool colour = table->options->colour && cell->colour;
	size_t indent = strspn(cell->text, " "), column = indent;
	_cleanup_free_ char *copy = xstrdup(cell->text + indent);

	strbuf_addf(out, "%s%*s", colour ? cell->colour : "", (int)indent, "");
	for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest));) {
		size_t word_width = term_width(word, table->options);

		if (column > indent && column + 1 + word_width > table->options->width) {
			strbuf_addf(out, "\n%*s", (int)indent + NAME_INDENT, "");
			column = indent + NAME_INDENT;
		} else if (column > indent) {
			strbuf_addch(out, ' ');
			column++;
		}
		strbuf_addstr(out, word);
		column += word_width;
	}
	strbuf_addf(out, "%s\n", colour ? "\033[0m" : "");
}

/* All groups at once, so that their columns agree, and then a blank line before each. */
static void print_layout(const struct layout *layout, struct strbuf *out)
{
	const struct term_table *table = layout->table;
	struct libscols_table *tb = build(layout);
	_cleanup_free_ char *text = NULL;

	if (scols_print_table_to_string(tb, &text) < 0)
		abort();
	scols_unref_table(tb);
	const char *line = text;
	for (size_t i = 0; i < table->line_count; i++) {
		if (table->lines[i].starts_group)
			strbuf_addch(out, '\n');
		if (stands_above(layout, &table->lines[i]))
			print_name(table, &table->lines[i].cells[0], out);
		line = add_trimmed(out, line);
	}
}

/* Lets the first column be as narrow as the table needs it. `widths` is of the columns. */
static void fit_names(struct layout *layout, const size_t *widths, size_t width)
{
	size_t total = total_width(widths, layout->shown, layout->table->column_count);
	size_t rest = total - widths[0];

	layout->name = widths[0];
	if (total > width)
		layout->name = width > rest + NAME_MIN ? width - rest : NAME_MIN;
	if (layout->name > widths[0])
		layout->name = widths[0];
	layout->total = rest + layout->name;
}

static void print_details(struct layout *layout, const size_t *widths, size_t width,
			  struct strbuf *out)
{
	size_t count = layout->table->column_count;

	memset(layout->shown, true, count);
	hide_columns(layout, widths, width);
	fit_names(layout, widths, width);
	layout->bar_width = BAR_WIDTH_MIN;
	while (layout->bar_width < BAR_WIDTH_MAX && layout->total < width) {
		layout->bar_width++;
		layout->total++;
	}
	print_layout(layout, out);
}

/* Shows a column and those that belong to it, or hides them. Returns the next column. */
static size_t show_together(const struct layout *layout, size_t column, bool shown)
{
	const struct term_table *table = layout->table;

	do
		layout->shown[column++] = shown;
	while (column < table->column_count && table->columns[column].with_previous);
	return column;
}

/* As many columns at a time as fit, each time beside the first, which names the rows. */
static void print_matrix(struct layout *layout, const size_t *widths, size_t width,
			 struct strbuf *out)
{
	size_t count = layout->table->column_count;

	for (size_t next = 1; next < count;) {
		memset(layout->shown, false, count);
		layout->shown[0] = true;
		next = show_together(layout, next, true);
		while (next < count) {
			size_t end = show_together(layout, next, true);

			if (total_width(widths, layout->shown, count) > width) {
				show_together(layout, next, false);
				break;
			}
			next = end;
		}
		fit_names(layout, widths, width);
		print_layout(layout, out);
	}
}

void term_table_print(const struct term_table *table, struct strbuf *out)
{
	size_t width = table->options->width ? table->options->width : SIZE_MAX;
	_cleanup_free_ size_t *widths = xcalloc(table->column_count, sizeof(*widths));
	_cleanup_free_ bool *shown = xcalloc(table->column_count, sizeof(*shown));
	struct layout layout = { .table = table, .shown = shown };

	if (!table->line_count)
		return;
	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = column_width(table, i);
	if (table->kind == TABLE_MATRIX)
		print_matrix(&layout, widths, width, out);
	else
		print_details(&layout, widths, width, out);
}
