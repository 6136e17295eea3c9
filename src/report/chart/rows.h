/* SPDX-License-Identifier: MIT */
/*
 * report/chart/rows: a list of figures with intervals, a row each, in groups, on one logarithmic
 * axis around 1x. Ratios, the worth of settings and search against confirmation are drawn by it.
 */
#ifndef MADVISOR_REPORT_CHART_ROWS_H
#define MADVISOR_REPORT_CHART_ROWS_H

#include <stddef.h>

#include "report/chart/mark.h"

struct interval_row {
	const char *name;        /* borrowed */
	double value, low, high; /* NAN: not drawn */
	double earlier;          /* a second figure, drawn as a small ring; NAN: none */
	enum symbol symbol;
	const char *class; /* static */
	char *text;        /* what stands at the right; owned; may be NULL */
	char *title;       /* owned; may be NULL */
};

struct interval_group {
	const char *name;    /* borrowed; NULL: no heading */
	size_t first, count; /* rows */
	double tie;          /* ratios within 1/tie and tie are equal; NAN: no band */
	double noise;        /* the same for what the machine's noise decides; NAN: not known */
};

struct interval_rows {
	struct interval_row *rows;
	size_t row_count, row_alloc;
	struct interval_group *groups;
	size_t group_count, group_alloc;
	const char *label; /* of the axis; and of the picture */
};

/* Begins a group without bands. The pointer is good until the next call. */
struct interval_group *rows_add_group(struct interval_rows *rows, const char *name)
	__attribute__((nonnull(1), returns_nonnull));
/* Adds a row without figures to the last group. The pointer is good until the next call. */
struct interval_row *rows_add(struct interval_rows *rows, const char *name)
	__attribute__((nonnull, returns_nonnull));

/*
 * Pictures of that width one below the other, each of as many groups as fit on a printed page, with its own
 * axis.
 */
void rows_draw(const struct interval_rows *rows, double width, struct strbuf *out)
	__attribute__((nonnull));

void rows_release(struct interval_rows *rows) __attribute__((nonnull));

#endif
