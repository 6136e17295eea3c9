/* SPDX-License-Identifier: MIT */
/*
 * report/chart/chart: the charts of the page, each a pure function from a document to SVG.
 *
 * Drawn when the report is made, so that they stand without a script, in print and in mail. A chart is drawn once
 * for each width that the page offers. What was not measured is left out; nothing is drawn as 0 in its
 * place.
 */
#ifndef MADVISOR_REPORT_CHART_CHART_H
#define MADVISOR_REPORT_CHART_CHART_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "report/production.h"

/* What a picture measures on a screen, and on a telephone's. */
#define CHART_WIDE_PX 840.0
#define CHART_NARROW_PX 350.0

struct chart {
	const char *id; /* its anchor in the page; static */
	/* Whether the document has what it shows; the others are not called where it does not. */
	bool (*present)(const struct production *production);
	/* The heading; and which way is better and how to read it, in a sentence or two. */
	void (*describe)(const struct production *production, struct strbuf *title,
			 struct strbuf *reading);
	/* Appends one or more pictures of that width. */
	void (*draw)(const struct production *production, double width, struct strbuf *out);
};

extern const struct chart chart_pareto, chart_ratios, chart_runs, chart_headroom, chart_spent,
	chart_cliffs, chart_flame, chart_confirmed, chart_knobs, chart_trials;

#endif
