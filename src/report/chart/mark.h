/* SPDX-License-Identifier: MIT */
/*
 * report/chart/mark: the marks that stand for figures. A mark's class gives its colour, and its shape says
 * the same to who cannot tell the colours apart.
 */
#ifndef MADVISOR_REPORT_CHART_MARK_H
#define MADVISOR_REPORT_CHART_MARK_H

#include <stdbool.h>
#include <stddef.h>

#include "report/chart/scale.h"
#include "stats/verdict.h"

enum symbol {
	SYMBOL_CIRCLE,
	SYMBOL_TRIANGLE,
	SYMBOL_SQUARE,
	SYMBOL_CROSS,
	SYMBOL_DIAMOND,
	SYMBOL_DOWN,
	SYMBOL_PLUS,
	SYMBOL_STAR,
	SYMBOLS, /* contenders have those above, in turn */
	SYMBOL_LEFT = SYMBOLS,
	SYMBOL_RIGHT,
};

/* Of a contender by its number among those that are shown. The class is static. */
enum symbol mark_symbol_of(size_t number) __attribute__((const));
const char *mark_class_of(size_t number) __attribute__((const, returns_nonnull));

/* Of a verdict: a triangle that points to where the ratio lies, a disc for a tie, a ring for unclear. */
enum symbol mark_symbol_of_verdict(enum verdict verdict, double ratio) __attribute__((const));
const char *mark_class_of_verdict(enum verdict verdict) __attribute__((const, returns_nonnull));

/* A symbol with its centre at (x, y), `radius` large. Nothing where a coordinate is NAN. */
void mark_dot(struct strbuf *out, enum symbol symbol, const char *class, double x, double y,
	      double radius) __attribute__((nonnull));
/* A rule along an axis, from low to high; with an arrow at an end that lies beyond the scale. */
void mark_interval(struct strbuf *out, const char *class, const struct scale *x, double low,
		   double high, double y) __attribute__((nonnull));
/* The same along a vertical axis. */
void mark_interval_upwards(struct strbuf *out, const char *class, double x, const struct scale *y,
			   double low, double high) __attribute__((nonnull));
/* A shade from low to high on a horizontal axis. */
void mark_band(struct strbuf *out, const char *class, const struct scale *x, double low,
	       double high, double top, double bottom) __attribute__((nonnull));

struct point {
	double x, y;
};

/* A line through the points that are not NAN. */
void mark_line(struct strbuf *out, const char *class, const struct point *points, size_t count)
	__attribute__((nonnull(1, 2)));
/* Many small discs as one element. */
void mark_dots(struct strbuf *out, const char *class, const struct point *points, size_t count)
	__attribute__((nonnull(1, 2)));

#endif
