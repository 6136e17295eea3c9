/* SPDX-License-Identifier: MIT */
/* report/chart/axis: the names of values along a chart's edges, with lines across it. */
#ifndef MADVISOR_REPORT_CHART_AXIS_H
#define MADVISOR_REPORT_CHART_AXIS_H

#include "report/chart/scale.h"

/* Room for the ticks and the label below a chart, and for ticks beside it. */
#define AXIS_BELOW_PX 40.0
#define AXIS_BESIDE_PX 48.0

struct axis {
	struct scale scale; /* in multiples of the unit that the label names */
	const char *suffix; /* of each tick: "x"; or "" */
	const char *label;  /* with an arrow to where it grows */
};

/* Lines from top to bottom; ticks and label below. The label ends at the chart's right edge. */
void axis_below(struct strbuf *out, const struct axis *axis, double top, double bottom)
	__attribute__((nonnull));
/* Lines from left to right; ticks to the left, the label above. */
void axis_left(struct strbuf *out, const struct axis *axis, double left, double right)
	__attribute__((nonnull));

#endif
