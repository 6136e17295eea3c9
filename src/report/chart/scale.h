/* SPDX-License-Identifier: MIT */
/*
 * report/chart/scale: from values to places in a chart, and the values that an axis names. Pure.
 *
 * A logarithmic scale is for ratios: half as much lies as far from 1 as twice as much.
 */
#ifndef MADVISOR_REPORT_CHART_SCALE_H
#define MADVISOR_REPORT_CHART_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "model/metrics.h"

struct scale {
	bool logarithmic; /* values are above 0 then */
	double low, high; /* values */
	double from, to;  /* the places of these: pixels; for a vertical axis from > to */
};

#define SCALE_TICKS_MAX 16u

/* Where a value lies; one beyond an end lies at that end. NAN for NAN. */
double scale_at(const struct scale *scale, double value) __attribute__((nonnull, pure));
/* Whether the value lies beyond one of the ends by more than half a pixel. */
bool scale_is_beyond(const struct scale *scale, double value) __attribute__((nonnull, pure));

/* Widens low and high to include the value; NAN, and where it is logarithmic 0 and less, change nothing. */
void scale_include(struct scale *scale, double value) __attribute__((nonnull));

/*
 * The values to name, ascending: round ones, at least `spacing` pixels apart. Returns how many;
 * at most SCALE_TICKS_MAX.
 */
size_t scale_ticks(const struct scale *scale, double spacing, double ticks[SCALE_TICKS_MAX])
	__attribute__((nonnull));

/* Moves the ends of a linear scale outwards to round values. */
void scale_widen(struct scale *scale, double spacing) __attribute__((nonnull));

/* The text of a tick: as many decimals as the value needs, at most six. */
void scale_add_tick(struct strbuf *out, double tick) __attribute__((nonnull));

/* The unit that values up to `high` are best named in: "ms" and 1e6. Static. */
struct scale_unit {
	const char *name; /* "" where there is none */
	double size;
};

struct scale_unit scale_unit_for(enum metric_unit unit, double high) __attribute__((const));

#endif
