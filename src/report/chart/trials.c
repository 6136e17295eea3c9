/* SPDX-License-Identifier: MIT */
/* The trials of a search: time against memory, by stage, with the front. */
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/chart/axis.h"
#include "report/chart/chart.h"
#include "report/chart/legend.h"
#include "report/chart/svg.h"
#include "report/chart/words.h"

#define RATIO_MAX 16.0

static const struct {
	enum tuning_stage stage;
	const char *name;
} stages[] = {
	{ TUNING_SEEDS, "first candidates" },
	{ TUNING_MOVES, "moves from the best" },
	{ TUNING_ABLATION, "without one setting" },
};

static bool is_drawn(const struct tuning_trial *trial)
{
	return trial->stage != TUNING_NOISE && trial->time > 0 && trial->memory > 0 &&
	       !trial->rejected;
}

static bool trials_present(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;

	for (size_t i = 0; tuning && i < tuning->trial_count; i++)
		if (is_drawn(&tuning->trials[i]))
			return true;
	return false;
}

static void trials_describe(const struct production *production, struct strbuf *title,
			    struct strbuf *reading)
{
	strbuf_addstr(title, "The search");
	strbuf_addf(
		reading,
		"Down and to the left is better: less peak memory and less %s. %s stands at 1x, 1x. Each mark is a candidate; "
		"the line is the front: no other candidate needs less of both.",
		production->metric_label, production->baseline_name);
}

static int compare_points(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->x != y->x)
		return x->x < y->x ? -1 : 1;
	return x->y < y->y ? -1 : x->y > y->y;
}

/* From the fastest on, each that needs less memory than all before it. */
static void draw_front(const struct tuning *tuning, const struct scale *x, const struct scale *y,
		       struct strbuf *out)
{
	_cleanup_free_ struct point *points = xcalloc(tuning->trial_count + 1, sizeof(*points));
	_cleanup_free_ struct point *steps = xcalloc(2 * tuning->trial_count + 2, sizeof(*steps));
	size_t count = 0, step_count = 0;
	double least = INFINITY;

	points[count++] = (struct point){ 1, 1 };
	for (size_t i = 0; i < tuning->trial_count; i++)
		if (is_drawn(&tuning->trials[i]))
			points[count++] =
				(struct point){ tuning->trials[i].time, tuning->trials[i].memory };
	qsort(points, count, sizeof(*points), compare_points);
	for (size_t i = 0; i < count; i++) {
		if (points[i].y >= least)
			continue;
		double at = scale_at(x, points[i].x);
		if (step_count) {
			steps[step_count] = (struct point){ at, steps[step_count - 1].y };
			step_count++;
		}
		steps[step_count++] = (struct point){ at, scale_at(y, points[i].y) };
		least = points[i].y;
	}
	if (step_count > 1)
		mark_line(out, "front", steps, step_count);
}

static void draw_trial(const struct production *production, const struct tuning_trial *trial,
		       const struct scale *x, const struct scale *y, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;
	size_t stage = 0;

	while (stage + 1 < ARRAY_SIZE(stages) && stages[stage].stage != trial->stage)
		stage++;
	strbuf_addf(&title, "%s\n%s: %.2fx", trial->settings, production->metric_label,
		    trial->time);
	if (!isnan(trial->time_low) && !isnan(trial->time_high))
		strbuf_addf(&title, " (%.2f to %.2f)", trial->time_low, trial->time_high);
	strbuf_addf(&title, "\npeak memory: %.2fx\n", trial->memory);
	add_counted(&title, trial->blocks, "block");
	svg_group_begin(out, NULL, title.buf);
	mark_dot(out, mark_symbol_of(stage), mark_class_of(stage), scale_at(x, trial->time),
		 scale_at(y, trial->memory), 4);
	svg_group_end(out);
}

static void include(struct scale *scale, double ratio)
{
	scale_include(scale, fmin(fmax(ratio, 1 / RATIO_MAX), RATIO_MAX));
}

static void trials_draw(const struct production *production, double width, struct strbuf *out)
{
	const struct tuning *tuning = production->result->tuning;
	struct legend_entry entries[ARRAY_SIZE(stages) + 1] = {
		{ .name = production->baseline_name, .class = "baseline" },
	};
	_cleanup_strbuf_ struct strbuf x_label = STRBUF_INIT, y_label = STRBUF_INIT;
	struct axis x = { { true, 0.85, 1.15, AXIS_BESIDE_PX + 8, width - 12 }, "x", "" };
	struct axis y = { { .logarithmic = true, .low = 0.85, .high = 1.15 }, "x", "" };

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		entries[i + 1] = (struct legend_entry){ .name = stages[i].name,
							.class = mark_class_of(i),
							.symbol = mark_symbol_of(i) };
	for (size_t i = 0; i < tuning->trial_count; i++)
		if (is_drawn(&tuning->trials[i])) {
			include(&x.scale, tuning->trials[i].time);
			include(&y.scale, tuning->trials[i].memory);
		}
	double top = legend_draw(entries, ARRAY_SIZE(entries), width, 0, NULL) + 26;
	double bottom = top + fmin(width * 0.8, 320);
	y.scale.from = bottom - 8;
	y.scale.to = top + 8;
	words_add_ratio(&x_label, production, production->metric_label);
	strbuf_addstr(&x_label, " \u2192");
	strbuf_addstr(&y_label, "\u2191 ");
	words_add_ratio(&y_label, production, "peak memory");
	x.label = x_label.buf;
	y.label = y_label.buf;
	double one_x = scale_at(&x.scale, 1), one_y = scale_at(&y.scale, 1);

	svg_begin(out, width, bottom + AXIS_BELOW_PX, x_label.buf);
	legend_draw(entries, ARRAY_SIZE(entries), width, 0, out);
	axis_below(out, &x, top, bottom);
	axis_left(out, &y, AXIS_BESIDE_PX, width - 4);
	svg_line(out, "one", one_x, top, one_x, bottom);
	svg_line(out, "one", AXIS_BESIDE_PX, one_y, width - 4, one_y);
	draw_front(tuning, &x.scale, &y.scale, out);
	for (size_t i = 0; i < tuning->trial_count; i++)
		if (is_drawn(&tuning->trials[i]))
			draw_trial(production, &tuning->trials[i], &x.scale, &y.scale, out);
	svg_group_begin(out, NULL, production->baseline_name);
	mark_dot(out, SYMBOL_CIRCLE, "baseline", one_x, one_y, 5);
	svg_group_end(out);
	svg_end(out);
}

const struct chart chart_trials = {
	.id = "trials",
	.present = trials_present,
	.describe = trials_describe,
	.draw = trials_draw,
};
