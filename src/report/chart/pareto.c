/* SPDX-License-Identifier: MIT */
/* Time against memory: the mean over the cases, and each case with its intervals; the front is what nothing beats in both. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/chart/axis.h"
#include "report/chart/chart.h"
#include "report/chart/legend.h"
#include "report/chart/svg.h"
#include "report/chart/trade.h"
#include "report/chart/words.h"

/* As in rows.c: one that lies beyond stands at the edge. */
#define RATIO_MAX 16.0
#define RATIO_LEAST 1.15
#define PANEL_LEAST_PX 165.0
#define PANEL_PX 190.0
#define PANELS_WIDE 3u

/* What tune confirms is one case, and the others are guards, which only the best is held against. */
static bool is_one_case(const struct production *production)
{
	return production->result->case_count == 1 || production->result->tuning;
}

static bool pareto_present(const struct production *production)
{
	if (production->baseline == SIZE_MAX)
		return false;
	return trade_case_count(production) > 0;
}

static void pareto_describe(const struct production *production, struct strbuf *title,
			    struct strbuf *reading)
{
	strbuf_addf(title, "%s against memory", production->metric_label);
	if (title->buf[0] >= 'a' && title->buf[0] <= 'z')
		title->buf[0] = (char)(title->buf[0] - 'a' + 'A');
	strbuf_addf(
		reading,
		"Down and to the %s is better: less peak memory and %s. %s stands at 1x, 1x. The line is the front: "
		"nothing else needs less of both.",
		production->higher_is_better ? "right" : "left",
		production->higher_is_better ? "more of the metric" : "less time",
		production->baseline_name);
	if (production->contender_count == 1 && !is_one_case(production))
		strbuf_addstr(
			reading,
			" The large mark is the geometric mean over the cases, each small ring a case.");
	else if (!is_one_case(production))
		strbuf_addstr(
			reading,
			" The first picture is the geometric mean over the cases, of contenders that have all of them; the "
			"others are the cases, with intervals.");
}

static double clamped(double ratio)
{
	return fmin(fmax(ratio, 1 / RATIO_MAX), RATIO_MAX);
}

/* All panels have the same axes, so that cases can be compared. */
struct axes {
	struct scale x, y;
};

static void include(struct scale *scale, double ratio)
{
	if (!isnan(ratio))
		scale_include(scale, clamped(ratio));
}

/* A very wide one says little, and would leave no room for the others. */
static void include_interval(struct scale *scale, double value, double low, double high)
{
	if (isnan(low) || isnan(high))
		return;
	include(scale, fmax(low, value / 2));
	include(scale, fmin(high, value * 2));
}

static void include_trade(struct axes *axes, const struct trade *trade)
{
	if (isnan(trade->time) || isnan(trade->memory))
		return;
	include(&axes->x, trade->time);
	include(&axes->y, trade->memory);
	include_interval(&axes->x, trade->time, trade->time_low, trade->time_high);
	include_interval(&axes->y, trade->memory, trade->memory_low, trade->memory_high);
}

static struct axes no_axes(void)
{
	const struct scale around_one = { .logarithmic = true,
					  .low = 1 / RATIO_LEAST,
					  .high = RATIO_LEAST };

	return (struct axes){ around_one, around_one };
}

struct panel {
	const struct production *production;
	const struct trade *trades; /* of the production's contenders */
	const char *name;
	size_t case_index; /* SIZE_MAX: the mean */
	double left, top, right, bottom;
	struct axes axes;
};

static bool is_beaten(const struct panel *panel, double time, double memory)
{
	bool higher = panel->production->higher_is_better;

	for (size_t i = 0; i <= panel->production->contender_count; i++) {
		bool is_baseline = i == panel->production->contender_count;
		double t = is_baseline ? 1 : panel->trades[i].time;
		double m = is_baseline ? 1 : panel->trades[i].memory;

		if (isnan(t) || isnan(m))
			continue;
		bool as_fast = higher ? t >= time : t <= time;
		if (as_fast && m <= memory && (t != time || m != memory))
			return true;
	}
	return false;
}

static int compare_points(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return x->x < y->x ? -1 : x->x > y->x;
}

static void draw_front(const struct panel *panel, struct strbuf *out)
{
	size_t contenders = panel->production->contender_count, count = 0;
	_cleanup_free_ struct point *points = xcalloc(contenders + 1, sizeof(*points));
	_cleanup_free_ struct point *steps = xcalloc(2 * (contenders + 1), sizeof(*steps));

	for (size_t i = 0; i <= contenders; i++) {
		double time = i == contenders ? 1 : panel->trades[i].time;
		double memory = i == contenders ? 1 : panel->trades[i].memory;

		if (!isnan(time) && !isnan(memory) && !is_beaten(panel, time, memory))
			points[count++] = (struct point){ scale_at(&panel->axes.x, time),
							  scale_at(&panel->axes.y, memory) };
	}
	qsort(points, count, sizeof(*points), compare_points);
	/* Between two of the front, what is as good in one as the first and in the other as the second is not reached. */
	size_t steps_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (i)
			steps[steps_count++] =
				panel->production->higher_is_better
					? (struct point){ points[i - 1].x, points[i].y }
					: (struct point){ points[i].x, points[i - 1].y };
		steps[steps_count++] = points[i];
	}
	if (count > 1)
		mark_line(out, "front", steps, steps_count);
}

static void draw_contender(const struct panel *panel, size_t number, struct strbuf *out)
{
	const struct production *production = panel->production;
	const struct trade *trade = &panel->trades[number];
	const char *class = mark_class_of(number);
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;

	if (isnan(trade->time) || isnan(trade->memory))
		return;
	double x = scale_at(&panel->axes.x, trade->time),
	       y = scale_at(&panel->axes.y, trade->memory);
	if (panel->case_index == SIZE_MAX)
		strbuf_addf(&title, "%s, mean over the cases\n%s: %.2fx\npeak memory: %.2fx",
			    production->result->contenders[production->contenders[number]].name,
			    production->metric_label, trade->time, trade->memory);
	else
		words_add_outcome(&title, production, panel->case_index,
				  production->contenders[number]);
	if (!is_beaten(panel, trade->time, trade->memory))
		strbuf_addstr(&title, "\non the front");
	svg_group_begin(out, NULL, title.buf);
	mark_interval(out, class, &panel->axes.x, trade->time_low, trade->time_high, y);
	mark_interval_upwards(out, class, x, &panel->axes.y, trade->memory_low, trade->memory_high);
	mark_dot(out, mark_symbol_of(number), class, x, y, 4.5);
	svg_group_end(out);
}

static void draw_panel(struct panel *panel, const char *x_label, const char *y_label,
		       struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

	panel->axes.x.from = panel->left + 8;
	panel->axes.x.to = panel->right - 8;
	panel->axes.y.from = panel->bottom - 8;
	panel->axes.y.to = panel->top + 8;
	const struct axis x = { panel->axes.x, "x", x_label }, y = { panel->axes.y, "x", y_label };
	double one_x = scale_at(&panel->axes.x, 1), one_y = scale_at(&panel->axes.y, 1);

	if (panel->name) {
		svg_fit(&name, panel->name,
			(panel->right - panel->left + AXIS_BESIDE_PX - 8) / SVG_BOLD);
		svg_text(out, "heading", panel->left - AXIS_BESIDE_PX + 8, panel->top - 8,
			 name.buf);
	}
	axis_below(out, &x, panel->top, panel->bottom);
	axis_left(out, &y, panel->left, panel->right);
	svg_line(out, "one", one_x, panel->top, one_x, panel->bottom);
	svg_line(out, "one", panel->left, one_y, panel->right, one_y);
	draw_front(panel, out);
	svg_group_begin(out, NULL, panel->production->baseline_name);
	mark_dot(out, SYMBOL_CIRCLE, "baseline", one_x, one_y, 5);
	svg_group_end(out);
	for (size_t i = 0; i < panel->production->contender_count; i++)
		draw_contender(panel, i, out);
}

static double draw_legend(const struct production *production, double width, struct strbuf *out)
{
	_cleanup_free_ struct legend_entry *entries =
		xcalloc(production->contender_count + 1, sizeof(*entries));

	entries[0] =
		(struct legend_entry){ .name = production->baseline_name, .class = "baseline" };
	for (size_t i = 0; i < production->contender_count; i++)
		entries[i + 1] = (struct legend_entry){
			.name = production->result->contenders[production->contenders[i]].name,
			.class = mark_class_of(i),
			.symbol = mark_symbol_of(i),
		};
	return legend_draw(entries, production->contender_count + 1, width, 0, out);
}

/* The trades of the contenders in a case, or their means for SIZE_MAX. */
static void find_trades(const struct production *production, size_t case_index,
			struct trade *trades, struct axes *axes)
{
	size_t cases = case_index == SIZE_MAX ? trade_case_count(production) : 0;

	for (size_t i = 0; i < production->contender_count; i++) {
		size_t contender = production->contenders[i];

		trades[i] = case_index == SIZE_MAX ? trade_mean(production, contender, cases)
						   : trade_in(production, case_index, contender);
		if (axes)
			include_trade(axes, &trades[i]);
	}
}

/* With one contender, pictures of its cases would hold one mark each: all of them stand in the first. */
static bool has_one_contender(const struct production *production)
{
	return production->contender_count == 1 && !is_one_case(production);
}

static void draw_each_case(const struct production *production, const struct axes *axes,
			   struct strbuf *out)
{
	for (size_t c = 0; c < production->result->case_count; c++) {
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;
		struct trade trade = trade_in(production, c, production->contenders[0]);

		if (isnan(trade.time) || isnan(trade.memory))
			continue;
		words_add_outcome(&title, production, c, production->contenders[0]);
		svg_group_begin(out, NULL, title.buf);
		mark_dot(out, SYMBOL_CIRCLE, "earlier", scale_at(&axes->x, trade.time),
			 scale_at(&axes->y, trade.memory), 3);
		svg_group_end(out);
	}
}

static void draw_first(const struct production *production, double width, struct strbuf *out)
{
	_cleanup_free_ struct trade *trades = xcalloc(production->contender_count, sizeof(*trades));
	_cleanup_strbuf_ struct strbuf x_label = STRBUF_INIT, y_label = STRBUF_INIT;
	struct axes axes = no_axes();
	bool one_case = is_one_case(production);

	find_trades(production, one_case ? 0 : SIZE_MAX, trades, &axes);
	for (size_t c = 0; has_one_contender(production) && c < production->result->case_count;
	     c++) {
		struct trade trade = trade_in(production, c, production->contenders[0]);

		include_trade(&axes, &trade);
	}
	words_add_ratio(&x_label, production, production->metric_label);
	strbuf_addstr(&x_label, " \u2192");
	strbuf_addstr(&y_label, "\u2191 ");
	words_add_ratio(&y_label, production, "peak memory");
	double top = draw_legend(production, width, NULL) + 26;
	struct panel panel = {
		.production = production,
		.trades = trades,
		.case_index = one_case ? 0 : SIZE_MAX,
		.left = AXIS_BESIDE_PX,
		.top = top,
		.right = width - 4,
		.bottom = top + fmin(width * 0.8, 340),
		.axes = axes,
	};

	svg_begin(out, width, panel.bottom + AXIS_BELOW_PX, x_label.buf);
	draw_legend(production, width, out);
	draw_panel(&panel, x_label.buf, y_label.buf, out);
	if (has_one_contender(production))
		draw_each_case(production, &panel.axes, out);
	svg_end(out);
}

static void draw_cases(const struct production *production, double width, struct strbuf *out)
{
	const struct result *result = production->result;
	size_t columns = width > PANELS_WIDE * PANEL_LEAST_PX + 200 ? PANELS_WIDE : 2;
	double each = width / (double)columns;
	_cleanup_free_ struct trade *trades = xcalloc(production->contender_count, sizeof(*trades));
	struct axes axes = no_axes();

	for (size_t c = 0; c < result->case_count; c++)
		find_trades(production, c, trades, &axes);
	for (size_t c = 0; c < result->case_count; c++) {
		size_t column = c % columns;
		struct panel panel = {
			.production = production,
			.trades = trades,
			.name = result->cases[c].name,
			.case_index = c,
			.left = (double)column * each + AXIS_BESIDE_PX - 4,
			.top = 26,
			.right = (double)(column + 1) * each - 10,
			.bottom = 26 + PANEL_PX - 20,
			.axes = axes,
		};

		if (!column)
			svg_begin(out, width, panel.bottom + 24, "time against memory, each case");
		find_trades(production, c, trades, NULL);
		draw_panel(&panel, "", "", out);
		if (column + 1 == columns || c + 1 == result->case_count)
			svg_end(out);
	}
}

static void pareto_draw(const struct production *production, double width, struct strbuf *out)
{
	draw_first(production, width, out);
	if (production->result->case_count > 1 && !has_one_contender(production))
		draw_cases(production, width, out);
}

const struct chart chart_pareto = {
	.id = "pareto",
	.present = pareto_present,
	.describe = pareto_describe,
	.draw = pareto_draw,
};
