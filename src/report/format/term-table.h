/* SPDX-License-Identifier: MIT */
/*
 * report/format/term-table: one table of the terminal report, collected row by row and then laid out by
 * libsmartcols, so that the columns of all its groups stand below each other.
 *
 * Life cycle: term_table_init(), term_table_group() and term_table_row() in any number,
 * term_table_print(), term_table_release(). Texts are copied.
 */
#ifndef MADVISOR_REPORT_FORMAT_TERM_TABLE_H
#define MADVISOR_REPORT_FORMAT_TERM_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "report/emitter.h"

struct term_cell {
	char *text;         /* escaped; NULL for a bar, whose width is not known yet */
	const char *colour; /* escape sequence, or NULL; static */
	struct cell bar;    /* where text is NULL */
};

struct term_line {
	bool starts_group;
	struct term_cell *cells;
};

struct term_table {
	const struct report_options *options;
	enum table_kind kind;
	size_t column_count;
	struct column *columns; /* their titles are not used after a group has begun */
	char **titles;          /* escaped */
	struct term_line *lines;
	size_t line_count, line_alloc;
};

void term_table_init(struct term_table *table, const struct table *description,
		     const struct report_options *options) __attribute__((nonnull));
void term_table_release(struct term_table *table) __attribute__((nonnull));

/* The titles of the columns, headed by the group's own. */
void term_table_group(struct term_table *table, const char *title) __attribute__((nonnull));
void term_table_row(struct term_table *table, const struct cell *cells) __attribute__((nonnull));

/*
 * Appends the table within the options' width: a detail table without the columns that do not fit, a
 * matrix in parts.
 */
void term_table_print(const struct term_table *table, struct strbuf *out) __attribute__((nonnull));

/* Appends untrusted text so that it is safe on the terminal, and ASCII where that is all it shows. */
void term_add_text(struct strbuf *sb, const char *text, const struct report_options *options)
	__attribute__((nonnull));
/* Columns that text takes on the terminal. */
size_t term_width(const char *text, const struct report_options *options) __attribute__((nonnull));

#endif
