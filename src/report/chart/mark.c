/* SPDX-License-Identifier: MIT */
#include "report/chart/mark.h"

#include <math.h>

#include "base/array.h"
#include "report/chart/svg.h"

enum symbol mark_symbol_of(size_t number)
{
	return (enum symbol)(number % SYMBOLS);
}

const char *mark_class_of(size_t number)
{
	static const char *const classes[] = { "k0", "k1", "k2", "k3", "k4", "k5", "k6" };

	return classes[number % ARRAY_SIZE(classes)];
}

enum symbol mark_symbol_of_verdict(enum verdict verdict, double ratio)
{
	if (verdict != VERDICT_FASTER && verdict != VERDICT_SLOWER)
		return SYMBOL_CIRCLE;
	return ratio < 1 ? SYMBOL_LEFT : SYMBOL_RIGHT;
}

const char *mark_class_of_verdict(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_FASTER:
		return "better";
	case VERDICT_SLOWER:
		return "worse";
	case VERDICT_TIE:
		return "tie";
	default:
		return "unclear";
	}
}

/* Corners in units of the radius; shapes that are drawn by strokes alone come in pairs. */
struct symbol_shape {
	bool strokes;
	size_t count;
	struct point corners[6];
};

static const struct symbol_shape shapes[] = {
	[SYMBOL_TRIANGLE] = { false, 3, { { 0, -1.25 }, { 1.1, 0.75 }, { -1.1, 0.75 } } },
	[SYMBOL_SQUARE] = { false,
			    4,
			    { { -0.9, -0.9 }, { 0.9, -0.9 }, { 0.9, 0.9 }, { -0.9, 0.9 } } },
	[SYMBOL_CROSS] = { true, 4, { { -1, -1 }, { 1, 1 }, { -1, 1 }, { 1, -1 } } },
	[SYMBOL_DIAMOND] = { false, 4, { { 0, -1.35 }, { 1, 0 }, { 0, 1.35 }, { -1, 0 } } },
	[SYMBOL_DOWN] = { false, 3, { { 0, 1.25 }, { 1.1, -0.75 }, { -1.1, -0.75 } } },
	[SYMBOL_PLUS] = { true, 4, { { -1.3, 0 }, { 1.3, 0 }, { 0, -1.3 }, { 0, 1.3 } } },
	[SYMBOL_STAR] = { true,
			  6,
			  { { 0, -1.3 },
			    { 0, 1.3 },
			    { -1.15, -0.65 },
			    { 1.15, 0.65 },
			    { -1.15, 0.65 },
			    { 1.15, -0.65 } } },
	[SYMBOL_LEFT] = { false, 3, { { -1.25, 0 }, { 0.9, 1.15 }, { 0.9, -1.15 } } },
	[SYMBOL_RIGHT] = { false, 3, { { 1.25, 0 }, { -0.9, 1.15 }, { -0.9, -1.15 } } },
};

static void add_point(struct strbuf *out, char letter, double x, double y)
{
	strbuf_addch(out, letter);
	svg_add_number(out, x);
	strbuf_addch(out, ' ');
	svg_add_number(out, y);
}

void mark_dot(struct strbuf *out, enum symbol symbol, const char *class, double x, double y,
	      double radius)
{
	if (isnan(x) || isnan(y))
		return;
	if (symbol == SYMBOL_CIRCLE) {
		strbuf_addf(out, "<circle class=\"dot %s\" cx=\"", class);
		svg_add_number(out, x);
		strbuf_addstr(out, "\" cy=\"");
		svg_add_number(out, y);
		strbuf_addstr(out, "\" r=\"");
		svg_add_number(out, radius);
		strbuf_addstr(out, "\"/>");
		return;
	}
	const struct symbol_shape *shape = &shapes[symbol];
	strbuf_addf(out, "<path class=\"dot %s\" d=\"", class);
	for (size_t i = 0; i < shape->count; i++)
		add_point(out, i == 0 || (shape->strokes && i % 2 == 0) ? 'M' : 'L',
			  x + radius * shape->corners[i].x, y + radius * shape->corners[i].y);
	strbuf_addstr(out, shape->strokes ? "\"/>" : "Z\"/>");
}

/* Points away from the chart. */
static void add_arrow(struct strbuf *out, const char *class, double x, double y, double dx,
		      double dy)
{
	strbuf_addf(out, "<path class=\"arrow %s\" d=\"", class);
	add_point(out, 'M', x - 5 * dx - 4 * dy, y - 5 * dy - 4 * dx);
	add_point(out, 'L', x, y);
	add_point(out, 'L', x - 5 * dx + 4 * dy, y - 5 * dy + 4 * dx);
	strbuf_addstr(out, "\"/>");
}

void mark_interval(struct strbuf *out, const char *class, const struct scale *x, double low,
		   double high, double y)
{
	if (isnan(low) || isnan(high))
		return;
	double x1 = scale_at(x, low), x2 = scale_at(x, high);
	_cleanup_strbuf_ struct strbuf rule = STRBUF_INIT;

	strbuf_addf(&rule, "rule %s", class);
	svg_line(out, rule.buf, x1, y, x2, y);
	if (scale_is_beyond(x, low))
		add_arrow(out, class, x1, y, -1, 0);
	if (scale_is_beyond(x, high))
		add_arrow(out, class, x2, y, 1, 0);
}

void mark_interval_upwards(struct strbuf *out, const char *class, double x, const struct scale *y,
			   double low, double high)
{
	if (isnan(low) || isnan(high))
		return;
	double y1 = scale_at(y, low), y2 = scale_at(y, high);
	_cleanup_strbuf_ struct strbuf rule = STRBUF_INIT;

	strbuf_addf(&rule, "rule %s", class);
	svg_line(out, rule.buf, x, y1, x, y2);
	if (scale_is_beyond(y, low))
		add_arrow(out, class, x, y1, 0, 1);
	if (scale_is_beyond(y, high))
		add_arrow(out, class, x, y2, 0, -1);
}

void mark_band(struct strbuf *out, const char *class, const struct scale *x, double low,
	       double high, double top, double bottom)
{
	double x1 = scale_at(x, low), x2 = scale_at(x, high);

	if (!isnan(x1) && !isnan(x2))
		svg_rect(out, class, x1, top, x2 - x1, bottom - top);
}

void mark_line(struct strbuf *out, const char *class, const struct point *points, size_t count)
{
	size_t added = 0;

	strbuf_addf(out, "<path class=\"line %s\" d=\"", class);
	for (size_t i = 0; i < count; i++)
		if (!isnan(points[i].x) && !isnan(points[i].y))
			add_point(out, added++ ? 'L' : 'M', points[i].x, points[i].y);
	strbuf_addstr(out, "\"/>");
}

void mark_dots(struct strbuf *out, const char *class, const struct point *points, size_t count)
{
	strbuf_addf(out, "<path class=\"dots %s\" d=\"", class);
	for (size_t i = 0; i < count; i++)
		if (!isnan(points[i].x) && !isnan(points[i].y)) {
			add_point(out, 'M', points[i].x, points[i].y);
			strbuf_addstr(out, "h0");
		}
	strbuf_addstr(out, "\"/>");
}
