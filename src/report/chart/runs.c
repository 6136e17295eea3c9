/* SPDX-License-Identifier: MIT */
/* Every run, in the order of the rounds: drift, two modes and the twin beside the baseline are seen at once. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/chart/axis.h"
#include "report/chart/chart.h"
#include "report/chart/mark.h"
#include "report/chart/svg.h"

#define PLOT_PX 132.0
#define HEADING_PX 34.0
#define BELOW_PX 24.0
/* Room for names that are read upwards, where a column is narrower than they are. */
#define UPWARDS_PX 96.0
#define LEVEL_LEAST_PX 62.0
/* A scale of more than this from end to end is logarithmic. */
#define LINEAR_MAX 12.0

/* The runs of one contender in one case. */
struct run_column {
	size_t contender_index;
	const char *class;
	struct point *points; /* round and value */
	size_t count;
};

struct run_panel {
	const struct production *production;
	size_t case_index;
	struct run_column *columns;
	size_t count;
	unsigned int rounds;
};

/* The timings of observed runs are not used, so neither are they drawn. */
static bool is_drawn(const struct production *production, const struct run *run)
{
	double value = run->metrics.value[production->metric];

	return !run->observed && !run->error && isfinite(value) && value >= 0 && run->round > 0;
}

static void add_column(struct run_panel *panel, size_t contender_index, const char *class)
{
	const struct result *result = panel->production->result;

	if (contender_index != SIZE_MAX)
		panel->columns[panel->count++] = (struct run_column){
			.contender_index = contender_index,
			.class = class,
			.points = xcalloc(result->run_count + 1, sizeof(struct point)),
		};
}

static struct run_column *column_of(struct run_panel *panel, size_t contender_index)
{
	for (size_t i = 0; i < panel->count; i++)
		if (panel->columns[i].contender_index == contender_index)
			return &panel->columns[i];
	return NULL;
}

/* Baseline and twin side by side, the others in their order, the limit last; those without runs are left out. */
static struct run_panel collect(const struct production *production, size_t case_index)
{
	const struct result *result = production->result;
	struct run_panel panel = {
		.production = production,
		.case_index = case_index,
		.columns = xcalloc(production->contender_count + 3, sizeof(*panel.columns)),
	};
	size_t kept = 0;

	add_column(&panel, production->baseline, "baseline");
	add_column(&panel, result_find_role(result, ROLE_TWIN), "twin");
	for (size_t i = 0; i < production->contender_count; i++)
		add_column(&panel, production->contenders[i], mark_class_of(i));
	add_column(&panel, production->limit, "limit");
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];
		struct run_column *column = column_of(&panel, run->contender_index);

		if (!column || run->case_index != case_index || !is_drawn(production, run))
			continue;
		column->points[column->count++] =
			(struct point){ run->round, run->metrics.value[production->metric] };
		if (run->round > panel.rounds)
			panel.rounds = run->round;
	}
	for (size_t i = 0; i < panel.count; i++) {
		if (panel.columns[i].count)
			panel.columns[kept++] = panel.columns[i];
		else
			free(panel.columns[i].points);
	}
	panel.count = kept;
	return panel;
}

static void panel_release(struct run_panel *panel)
{
	for (size_t i = 0; i < panel->count; i++)
		free(panel->columns[i].points);
	free(panel->columns);
}

static bool runs_present(const struct production *production)
{
	const struct result *result = production->result;

	if (production->baseline == SIZE_MAX || !production->contender_count)
		return false;
	for (size_t i = 0; i < result->run_count; i++)
		if (is_drawn(production, &result->runs[i]) && result->runs[i].round > 1)
			return true;
	return false;
}

static void runs_describe(const struct production *production, struct strbuf *title,
			  struct strbuf *reading)
{
	const struct result *result = production->result;
	size_t twin = result_find_role(result, ROLE_TWIN);

	strbuf_addf(title, "Every run: %s by round", production->metric_label);
	strbuf_addf(
		reading,
		"%s is better. A dot is a run, from the first round at the left of its column to the last at the right, "
		"the line the median. A slope is drift; two bands are two modes",
		production->higher_is_better ? "Up" : "Down");
	if (twin != SIZE_MAX)
		strbuf_addf(reading, "; %s is %s again, and differs from it by chance alone",
			    result->contenders[twin].name, production->baseline_name);
	strbuf_addstr(reading, ". The axis need not begin at 0.");
}

static struct scale scale_of(const struct run_panel *panel, struct scale_unit *ret_unit)
{
	struct scale scale = { .low = INFINITY, .high = -INFINITY };

	for (size_t i = 0; i < panel->count; i++)
		for (size_t k = 0; k < panel->columns[i].count; k++)
			scale_include(&scale, panel->columns[i].points[k].y);
	*ret_unit = scale_unit_for(metric_info(panel->production->metric)->unit, scale.high);
	scale.low /= ret_unit->size;
	scale.high /= ret_unit->size;
	scale.logarithmic = scale.low > 0 && scale.high > LINEAR_MAX * scale.low;
	scale.from = HEADING_PX + PLOT_PX;
	scale.to = HEADING_PX;
	if (scale.high <= scale.low) {
		scale.low = fmin(0, scale.low);
		scale.high = scale.high > 0 ? 2 * scale.high : 1;
	}
	scale_widen(&scale, 28);
	return scale;
}

static void add_title(const struct run_panel *panel, const struct run_column *column,
		      struct strbuf *sb)
{
	const struct production *production = panel->production;
	const struct summary *summary =
		judged_of(production, panel->case_index, column->contender_index);

	strbuf_addf(sb, "%s\n%s: ", production->result->cases[panel->case_index].name,
		    production->result->contenders[column->contender_index].name);
	add_counted(sb, column->count, "run");
	if (summary && !isnan(summary->estimate)) {
		struct cell cell = { .kind = CELL_VALUE,
				     .unit = metric_info(production->metric)->unit,
				     .value = summary->estimate };

		strbuf_addstr(sb, "\nmedian ");
		cell_text(sb, &cell, true);
	}
	if (summary && summary_has_modes(summary))
		strbuf_addstr(sb, "\ntwo modes: the median stands for neither");
}

/* A line at the median; where the values fall into two groups, one at the median of each. */
static void draw_medians(const struct summary *summary, const struct scale *y, double unit,
			 const char *class, double left, double right, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

	if (!summary)
		return;
	bool two = summary_has_modes(summary);
	double levels[] = { two ? summary->modes.low : summary->estimate,
			    two ? summary->modes.high : NAN };
	strbuf_addf(&line, "median %s", class);
	for (int i = 0; i < 2; i++) {
		double at = scale_at(y, levels[i] / unit);

		if (!isnan(at))
			svg_line(out, line.buf, left, at, right, at);
	}
}

static void draw_column(const struct run_panel *panel, struct run_column *column,
			const struct scale *y, double unit, double left, double width,
			struct strbuf *out)
{
	const struct scale x = { .low = 1,
				 .high = panel->rounds,
				 .from = left + fmin(10, width / 6),
				 .to = left + width - fmin(10, width / 6) };
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT, name = STRBUF_INIT;
	const char *full = panel->production->result->contenders[column->contender_index].name;
	double bottom = HEADING_PX + PLOT_PX;

	add_title(panel, column, &title);
	svg_group_begin(out, "row", title.buf);
	svg_rect(out, "hit", left, HEADING_PX - 6, width, PLOT_PX + 12);
	for (size_t i = 0; i < column->count; i++) {
		column->points[i].x = scale_at(&x, column->points[i].x);
		column->points[i].y = scale_at(y, column->points[i].y / unit);
	}
	draw_medians(judged_of(panel->production, panel->case_index, column->contender_index), y,
		     unit, column->class, left + 2, left + width - 2, out);
	mark_dots(out, column->class, column->points, column->count);
	if (width >= LEVEL_LEAST_PX) {
		svg_fit(&name, full, width - 4);
		svg_text(out, "name middle", left + width / 2, bottom + 18, name.buf);
	} else {
		svg_fit(&name, full, UPWARDS_PX - 12);
		svg_text_upwards(out, "name end", left + width / 2 + 4, bottom + 10, name.buf);
	}
	svg_group_end(out);
}

static void draw_panel(struct run_panel *panel, double width, struct strbuf *out)
{
	const struct production *production = panel->production;
	_cleanup_strbuf_ struct strbuf label = STRBUF_INIT, heading = STRBUF_INIT;
	struct scale_unit unit;
	const struct axis axis = { scale_of(panel, &unit), "", "" };
	double left = AXIS_BESIDE_PX + 4;
	double each = (width - left - 2) / (double)panel->count;
	const char *case_name = production->result->cases[panel->case_index].name;
	double below = each >= LEVEL_LEAST_PX ? BELOW_PX : UPWARDS_PX;

	if (production->result->case_count > 1)
		strbuf_addf(&label, "%s: ", case_name);
	strbuf_addf(&label, "%s%s%s", production->metric_label, *unit.name ? ", " : "", unit.name);
	svg_begin(out, width, HEADING_PX + PLOT_PX + below, label.buf);
	svg_fit(&heading, label.buf, (width - 4) / SVG_BOLD);
	svg_text(out, "heading", 2, 16, heading.buf);
	axis_left(out, &axis, left, width - 2);
	for (size_t i = 0; i < panel->count; i++)
		draw_column(panel, &panel->columns[i], &axis.scale, unit.size,
			    left + (double)i * each, each, out);
	svg_end(out);
}

static void runs_draw(const struct production *production, double width, struct strbuf *out)
{
	for (size_t c = 0; c < production->result->case_count; c++) {
		struct run_panel panel = collect(production, c);

		if (panel.count)
			draw_panel(&panel, width, out);
		panel_release(&panel);
	}
}

const struct chart chart_runs = {
	.id = "runs",
	.present = runs_present,
	.describe = runs_describe,
	.draw = runs_draw,
};
