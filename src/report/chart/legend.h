/* SPDX-License-Identifier: MIT */
/* report/chart/legend: which symbol stands for what, in lines as wide as the chart. */
#ifndef MADVISOR_REPORT_CHART_LEGEND_H
#define MADVISOR_REPORT_CHART_LEGEND_H

#include <stddef.h>

#include "report/chart/mark.h"

struct legend_entry {
	const char *name; /* borrowed */
	const char *class;
	enum symbol symbol;
	bool is_area; /* a filled square in place of the symbol */
};

/* Draws from `top` on where `out` is not NULL; returns the height in both cases. */
double legend_draw(const struct legend_entry *entries, size_t count, double width, double top,
		   struct strbuf *out) __attribute__((nonnull(1)));

#endif
