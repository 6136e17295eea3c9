/* SPDX-License-Identifier: MIT */
/*
 * cmd/table: small tables for `list` and `doctor`, by libsmartcols. Cells are escaped. On a terminal, and where
 * COLUMNS says a width, the columns marked so are wrapped to it, and a table that is too wide all the same becomes a block of
 * lines for each row; elsewhere every row is one line.
 */
#ifndef MADVISOR_CMD_TABLE_H
#define MADVISOR_CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct text_table;

struct table_column {
	const char *title;
	const char *key; /* in documents */
	bool wrap;       /* may take several lines where the room is short */
};

/* columns: borrowed, until the table is freed. */
struct text_table *table_new(const struct table_column *columns, size_t count)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
/* One text a column; NULL is shown as "-". Copied. */
void table_add_row(struct text_table *table, const char *const *cells) __attribute__((nonnull));
void table_print(struct text_table *table) __attribute__((nonnull));
/* For documents: the columns, and each cell as it was given, borrowed. */
const struct table_column *table_columns(const struct text_table *table, size_t *ret_count)
	__attribute__((nonnull, returns_nonnull));
size_t table_row_count(const struct text_table *table) __attribute__((nonnull, pure));
const char *table_cell(const struct text_table *table, size_t row, size_t column)
	__attribute__((nonnull, pure));
void table_free(struct text_table *table);

#endif
