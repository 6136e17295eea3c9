/* SPDX-License-Identifier: MIT */
/* A sweep: each contender's time against the limit's, and its faults, over the values, with the cliffs marked. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/sweep-curves.h"
#include "report/chart/axis.h"
#include "report/chart/chart.h"
#include "report/chart/legend.h"
#include "report/chart/svg.h"
#include "report/sweep.h"

#define PLOT_PX 230.0
#define HEADING_PX 24.0
/* Fewer faults than this for an operation are drawn like it; for a run a thousand times that. */
#define FAULTS_LEAST 0.01
#define TICK_LEAST_PX 56.0

/* One picture: a curve of everybody. */
struct picture {
	const struct production *production;
	enum sweep_curve which;
	struct scale x;
	struct axis y;
	struct cliff_point *points; /* of the contender at hand */
};

static bool cliffs_present(const struct production *production)
{
	return production->result->sweep && production->result->case_count > 1 &&
	       production->baseline != SIZE_MAX;
}

static void cliffs_describe(const struct production *production, struct strbuf *title,
			    struct strbuf *reading)
{
	const struct sweep *sweep = production->result->sweep;

	strbuf_addf(title, "Where it turns: %s", sweep->parameter);
	strbuf_addf(
		reading,
		"%s is better. Each dot is a value that was measured, more of them where a contender jumps. "
		"Vertical lines are the cliffs, in the colour of who jumps: a change of %s by more than %.1fx or of faults by more than %.1fx "
		"between two neighbouring values, beyond the noise.",
		production->higher_is_better ? "Up (of faults down)" : "Down",
		sweep_judged_by(production->result), SWEEP_TIME_STEP, SWEEP_FAULTS_STEP);
}

/* The baseline first, then the contenders. */
static size_t contender_at(const struct production *production, size_t i)
{
	return i ? production->contenders[i - 1] : production->baseline;
}

static const char *class_at(size_t i)
{
	return i ? mark_class_of(i - 1) : "baseline";
}

static enum symbol symbol_at(size_t i)
{
	return i ? mark_symbol_of(i - 1) : SYMBOL_CIRCLE;
}

static double least_faults(const struct production *production)
{
	return sweep_counts_operations(production->result) ? FAULTS_LEAST : 1000 * FAULTS_LEAST;
}

/* The values of one contender's curve, as they are drawn. */
static bool find_values(struct picture *picture, size_t contender)
{
	const struct result *result = picture->production->result;
	double step, least = least_faults(picture->production);

	if (!sweep_fill_curve(result, contender, picture->which, picture->points, &step))
		return false;
	for (size_t c = 0; c < result->case_count; c++) {
		struct cliff_point *point = &picture->points[c];

		if (picture->which == SWEEP_FAULTS && !isnan(point->y))
			point->y = fmax(sweep_faults(result, c, contender), least);
		else
			point->y = exp(point->y);
	}
	return true;
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

/* Sizes on a linear axis: multiples of a power of two. */
static size_t find_sizes(const struct scale *scale, double ticks[SCALE_TICKS_MAX])
{
	double step = 1;
	size_t count = 0;

	while ((scale->to - scale->from) * step / (scale->high - scale->low) < TICK_LEAST_PX)
		step *= 2;
	for (double at = ceil(scale->low / step) * step;
	     at <= scale->high && count < SCALE_TICKS_MAX; at += step)
		ticks[count++] = at;
	return count;
}

/* Doublings, or their powers, where there is room; on a linear axis the usual ones. */
static void draw_values(const struct picture *picture, double top, double bottom,
			struct strbuf *out)
{
	const struct result *result = picture->production->result;
	double ticks[SCALE_TICKS_MAX];
	size_t count = 0;

	if (picture->x.logarithmic) {
		double factor = 2;

		while ((picture->x.to - picture->x.from) * log(factor) /
			       log(picture->x.high / picture->x.low) <
		       TICK_LEAST_PX)
			factor *= 2;
		for (double at = picture->x.low; at <= picture->x.high && count < SCALE_TICKS_MAX;
		     at *= factor)
			ticks[count++] = at;
	} else if (result->sweep->unit) {
		count = find_sizes(&picture->x, ticks);
	} else {
		count = scale_ticks(&picture->x, TICK_LEAST_PX, ticks);
	}
	for (size_t i = 0; i < count; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		double at = scale_at(&picture->x, ticks[i]);

		svg_line(out, "grid", at, top, at, bottom);
		sweep_add_value(&text, result, (uint64_t)(ticks[i] + 0.5));
		svg_text(out, "tick middle", at, bottom + 16, text.buf);
	}
}

static void draw_contender(struct picture *picture, size_t number, struct strbuf *out)
{
	const struct production *production = picture->production;
	const struct result *result = production->result;
	size_t contender = contender_at(production, number);
	_cleanup_free_ struct point *line = xcalloc(result->case_count + 1, sizeof(*line));

	if (!find_values(picture, contender))
		return;
	for (size_t c = 0; c < result->case_count; c++)
		line[c] = (struct point){ scale_at(&picture->x, (double)picture->points[c].x),
					  scale_at(&picture->y.scale, picture->points[c].y) };
	mark_line(out, class_at(number), line, result->case_count);
	for (size_t c = 0; c < result->case_count; c++) {
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;

		if (isnan(line[c].y))
			continue;
		strbuf_addf(&title, "%s\n%s: %.2f%s", result->cases[c].name,
			    result->contenders[contender].name, picture->points[c].y,
			    picture->y.suffix);
		svg_group_begin(out, NULL, title.buf);
		mark_dot(out, symbol_at(number), class_at(number), line[c].x, line[c].y, 3);
		svg_group_end(out);
	}
}

/* "cliff k2": in the colour of whoever jumps. */
static void add_class(const struct picture *picture, const struct sweep_cliff *cliff,
		      const char *before, struct strbuf *out)
{
	const struct production *production = picture->production;
	size_t i = 0;

	while (i < production->contender_count &&
	       contender_at(production, i) != cliff->contender_index)
		i++;
	strbuf_addf(out, "%s %s", before, cliff->is_common ? "front" : class_at(i));
}

/* Whether this picture shows the cliff, and where. */
static bool find_cliff(const struct picture *picture, size_t index, double *ret_x)
{
	const struct result *result = picture->production->result;
	const struct sweep_cliff *cliff = &result->sweep->cliffs[index];

	if (!(picture->which == SWEEP_TIME ? cliff->by_time : cliff->by_faults) ||
	    sweep_is_repeated(result->sweep, index))
		return false;
	*ret_x = (scale_at(&picture->x, (double)sweep_value(result, cliff->low_case)) +
		  scale_at(&picture->x, (double)sweep_value(result, cliff->high_case))) /
		 2;
	return true;
}

/* A line in the middle of each cliff of this curve. */
static void draw_cliffs(const struct picture *picture, double top, double bottom,
			struct strbuf *out)
{
	const struct result *result = picture->production->result;
	double x;

	for (size_t i = 0; i < result->sweep->cliff_count; i++) {
		const struct sweep_cliff *cliff = &result->sweep->cliffs[i];
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT, class = STRBUF_INIT;

		if (!find_cliff(picture, i, &x))
			continue;
		sweep_add_cliff_text(&title, result, cliff);
		add_class(picture, cliff, "cliff", &class);
		svg_group_begin(out, NULL, title.buf);
		svg_line(out, class.buf, x, top, x, bottom);
		svg_rect(out, "hit", x - 4, top, 8, bottom - top);
		svg_group_end(out);
	}
}

/* On paper there is no pointer to ask with. Above the curves. */
static void draw_names(const struct picture *picture, double top, struct strbuf *out)
{
	const struct sweep *sweep = picture->production->result->sweep;
	double x;

	for (size_t i = 0; i < sweep->cliff_count; i++) {
		_cleanup_strbuf_ struct strbuf class = STRBUF_INIT;

		if (!sweep->cliffs[i].threshold.name || !find_cliff(picture, i, &x))
			continue;
		add_class(picture, &sweep->cliffs[i], "name end", &class);
		svg_text_upwards(out, class.buf, x - 4, top + 4, sweep->cliffs[i].threshold.name);
	}
}

static void draw_picture(struct picture *picture, double width, struct strbuf *out)
{
	const struct production *production = picture->production;
	_cleanup_strbuf_ struct strbuf label = STRBUF_INIT;
	bool times = picture->which == SWEEP_TIME;
	struct scale *y = &picture->y.scale;
	size_t limit = result_find_role(production->result, ROLE_LIMIT);

	*y = (struct scale){ .logarithmic = true,
			     .low = times ? 0.9 : least_faults(production),
			     .high = times ? 1.2 : 1 };
	bool any = false;
	for (size_t i = 0; i <= production->contender_count; i++)
		if (find_values(picture, contender_at(production, i))) {
			any = true;
			for (size_t c = 0; c < production->result->case_count; c++)
				scale_include(y, picture->points[c].y);
		}
	if (!any)
		return;
	if (times)
		strbuf_addf(&label, "%s / that of %s %s", sweep_judged_by(production->result),
			    limit == SIZE_MAX ? production->baseline_name : "the limit",
			    production->higher_is_better ? "\u2191" : "\u2193");
	else
		strbuf_addf(&label, "page faults %s \u2193",
			    sweep_counts_operations(production->result) ? "an operation" : "a run");
	double top = draw_legend(production, width, NULL) + HEADING_PX, bottom = top + PLOT_PX;
	y->from = bottom - 6;
	y->to = top + 6;
	picture->y.suffix = times ? "x" : "";
	picture->y.label = label.buf;
	picture->x.from = AXIS_BESIDE_PX + 10;
	picture->x.to = width - 16;
	svg_begin(out, width, bottom + AXIS_BELOW_PX, label.buf);
	draw_legend(production, width, out);
	axis_left(out, &picture->y, AXIS_BESIDE_PX, width - 4);
	draw_values(picture, top, bottom, out);
	svg_text(out, "label end", width - 4, bottom + 34, production->result->sweep->parameter);
	draw_cliffs(picture, top, bottom, out);
	for (size_t i = 0; i <= production->contender_count; i++)
		draw_contender(picture, i, out);
	draw_names(picture, top, out);
	svg_end(out);
}

static void cliffs_draw(const struct production *production, double width, struct strbuf *out)
{
	const struct result *result = production->result;
	const struct cliff_axis *axis = &result->sweep->axis;
	struct picture picture = {
		.production = production,
		.x = { .logarithmic = axis->logarithmic,
		       .low = (double)axis->low,
		       .high = (double)axis->high },
		.points = xcalloc(result->case_count + 1, sizeof(struct cliff_point)),
	};

	for (int which = 0; which < SWEEP_CURVES; which++) {
		picture.which = (enum sweep_curve)which;
		draw_picture(&picture, width, out);
	}
	free(picture.points);
}

const struct chart chart_cliffs = {
	.id = "cliffs",
	.present = cliffs_present,
	.describe = cliffs_describe,
	.draw = cliffs_draw,
};
