/* SPDX-License-Identifier: MIT */
/* How far each contender is above the limit: the same case with allocation replaced by a recycled pool. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/chart/axis.h"
#include "report/chart/chart.h"
#include "report/chart/legend.h"
#include "report/chart/svg.h"

#define ROW_PX 22.0
#define HEADROOM_MAX 64.0

/* The baseline first, then the contenders: numbers from 0 to contender_count. */
static size_t contender_at(const struct production *production, size_t number)
{
	return number ? production->contenders[number - 1] : production->baseline;
}

static double headroom_of(const struct production *production, size_t case_index, size_t number)
{
	const struct summary *summary =
		judged_of(production, case_index, contender_at(production, number));
	double headroom = summary && !result_contender_is_out(production->result, case_index,
							      contender_at(production, number))
				  ? summary->headroom
				  : NAN;

	return headroom > 0 && isfinite(headroom) ? headroom : NAN;
}

static bool has_row(const struct production *production, size_t case_index)
{
	for (size_t i = 0; i <= production->contender_count; i++)
		if (!isnan(headroom_of(production, case_index, i)))
			return true;
	return false;
}

static bool headroom_present(const struct production *production)
{
	if (production->baseline == SIZE_MAX || production->limit == SIZE_MAX)
		return false;
	for (size_t c = 0; c < production->result->case_count; c++)
		if (has_row(production, c))
			return true;
	return false;
}

static void headroom_describe(const struct production *production, struct strbuf *title,
			      struct strbuf *reading)
{
	strbuf_addstr(title, "Headroom to the limit");
	strbuf_addf(
		reading,
		"%s is better. 1x is the limit: the same case with a recycled pool of buffers in place of malloc. What lies %s "
		"of it, no allocator can take away by allocating faster; one that places large buffers better can pass it.",
		production->higher_is_better ? "Right" : "Left",
		production->higher_is_better ? "right" : "left");
}

static const char *class_at(size_t number)
{
	return number ? mark_class_of(number - 1) : "baseline";
}

static enum symbol symbol_at(size_t number)
{
	return number ? mark_symbol_of(number - 1) : SYMBOL_CIRCLE;
}

static double draw_legend(const struct production *production, double width, struct strbuf *out)
{
	size_t count = production->contender_count + 1;
	_cleanup_free_ struct legend_entry *entries = xcalloc(count, sizeof(*entries));

	for (size_t i = 0; i < count; i++)
		entries[i] = (struct legend_entry){
			.name = production->result->contenders[contender_at(production, i)].name,
			.class = class_at(i),
			.symbol = symbol_at(i),
		};
	return legend_draw(entries, count, width, 0, out);
}

static void draw_case(const struct production *production, size_t case_index, const struct scale *x,
		      double y, struct strbuf *out)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

	svg_fit(&name, result->cases[case_index].name, x->from - 20);
	svg_text(out, "name end", x->from - 14, y + 4, name.buf);
	svg_line(out, "grid", x->from - 6, y, x->to + 6, y);
	for (size_t i = 0; i <= production->contender_count; i++) {
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;
		double headroom = headroom_of(production, case_index, i);

		if (isnan(headroom))
			continue;
		strbuf_addf(&title, "%s\n%s: ", result->cases[case_index].name,
			    result->contenders[contender_at(production, i)].name);
		format_ratio(&title, headroom);
		strbuf_addstr(&title, " of the limit");
		svg_group_begin(out, NULL, title.buf);
		mark_dot(out, symbol_at(i), class_at(i), scale_at(x, headroom), y, 4.5);
		svg_group_end(out);
	}
}

static void headroom_draw(const struct production *production, double width, struct strbuf *out)
{
	const struct result *result = production->result;
	struct axis axis = { .scale = { .logarithmic = true, .low = 0.9, .high = 1.5 },
			     .suffix = "x" };
	_cleanup_strbuf_ struct strbuf label = STRBUF_INIT;
	double names = 0, rows = 0;

	for (size_t c = 0; c < result->case_count; c++) {
		if (!has_row(production, c))
			continue;
		names = fmax(names, svg_text_width(result->cases[c].name));
		rows++;
		for (size_t i = 0; i <= production->contender_count; i++) {
			double headroom = headroom_of(production, c, i);

			/* One beyond stands at the edge; NAN must stay NAN. */
			if (!isnan(headroom))
				scale_include(&axis.scale,
					      fmin(fmax(headroom, 1 / HEADROOM_MAX), HEADROOM_MAX));
		}
	}
	strbuf_addf(&label, "%s / that of the limit \u2192", production->metric_label);
	axis.label = label.buf;
	axis.scale.from = fmin(names, width * 0.34) + 20;
	axis.scale.to = width - 12;
	double top = draw_legend(production, width, NULL) + 6, bottom = top + rows * ROW_PX;
	svg_begin(out, width, bottom + AXIS_BELOW_PX, label.buf);
	draw_legend(production, width, out);
	axis_below(out, &axis, top, bottom);
	double one = scale_at(&axis.scale, 1), y = top + ROW_PX / 2;
	svg_line(out, "one", one, top, one, bottom);
	for (size_t c = 0; c < result->case_count; c++)
		if (has_row(production, c)) {
			draw_case(production, c, &axis.scale, y, out);
			y += ROW_PX;
		}
	svg_end(out);
}

const struct chart chart_headroom = {
	.id = "headroom",
	.present = headroom_present,
	.describe = headroom_describe,
	.draw = headroom_draw,
};
