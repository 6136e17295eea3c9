/* SPDX-License-Identifier: MIT */
#include "report/chart/rows.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "report/chart/axis.h"
#include "report/chart/svg.h"

#define ROW_PX 19.0
#define HEADING_PX 24.0
#define GAP_PX 6.0
/* What fits on a page of A4 below a heading. */
#define PICTURE_MAX_PX 800.0
/* A ratio beyond these lies at the edge, with an arrow: it would leave no room for the others. */
#define RATIO_MAX 16.0
/* However close to 1x all are. */
#define RATIO_LEAST 1.1

struct interval_group *rows_add_group(struct interval_rows *rows, const char *name)
{
	struct interval_group *group =
		ARRAY_PUSH(rows->groups, rows->group_count, rows->group_alloc);

	*group = (struct interval_group){
		.name = name, .first = rows->row_count, .tie = NAN, .noise = NAN
	};
	return group;
}

struct interval_row *rows_add(struct interval_rows *rows, const char *name)
{
	struct interval_row *row = ARRAY_PUSH(rows->rows, rows->row_count, rows->row_alloc);

	*row = (struct interval_row){
		.name = name,
		.value = NAN,
		.low = NAN,
		.high = NAN,
		.earlier = NAN,
		.class = "tie",
	};
	rows->groups[rows->group_count - 1].count++;
	return row;
}

void rows_release(struct interval_rows *rows)
{
	for (size_t i = 0; i < rows->row_count; i++) {
		free(rows->rows[i].text);
		free(rows->rows[i].title);
	}
	free(rows->rows);
	free(rows->groups);
	*rows = (struct interval_rows){ 0 };
}

/* The columns of all pictures. */
struct row_layout {
	struct scale x;
	double left, right; /* of the marks */
	double width;
};

static double clamped(double ratio)
{
	return fmin(fmax(ratio, 1 / RATIO_MAX), RATIO_MAX);
}

static void include(struct scale *scale, double ratio)
{
	if (!isnan(ratio))
		scale_include(scale, clamped(ratio));
}

static struct row_layout lay_out(const struct interval_rows *rows, double width)
{
	struct row_layout layout = {
		.width = width,
		.x = { .logarithmic = true, .low = 1 / RATIO_LEAST, .high = RATIO_LEAST },
	};
	double names = 0, texts = 0;

	for (size_t i = 0; i < rows->row_count; i++) {
		const struct interval_row *row = &rows->rows[i];

		names = fmax(names, svg_text_width(row->name));
		if (row->text)
			texts = fmax(texts, svg_text_width(row->text));
		include(&layout.x, row->value);
		include(&layout.x, row->low);
		include(&layout.x, row->high);
		include(&layout.x, row->earlier);
	}
	layout.left = fmin(names, width * 0.34) + 14;
	layout.right = width - fmin(texts, width * 0.3) - 14;
	layout.x.from = layout.left + 6;
	layout.x.to = layout.right - 8;
	return layout;
}

static double group_height(const struct interval_group *group)
{
	return (group->name ? HEADING_PX : 0) + (double)group->count * ROW_PX + GAP_PX;
}

static void draw_row(const struct row_layout *layout, const struct interval_row *row, double y,
		     struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT, text = STRBUF_INIT;

	svg_group_begin(out, "row", row->title);
	/* Where the pointer need not hit the mark itself. */
	svg_rect(out, "hit", 0, y - ROW_PX / 2, layout->width, ROW_PX);
	svg_fit(&name, row->name, layout->left - 14);
	svg_text(out, "name end", layout->left - 8, y + 4, name.buf);
	mark_interval(out, row->class, &layout->x, row->low, row->high, y);
	mark_dot(out, SYMBOL_CIRCLE, "earlier", scale_at(&layout->x, row->earlier), y, 4);
	mark_dot(out, row->symbol, row->class, scale_at(&layout->x, row->value), y, 4.5);
	if (row->text) {
		svg_fit(&text, row->text, layout->width - layout->right);
		svg_text(out, "value", layout->right + 4, y + 4, text.buf);
	}
	svg_group_end(out);
}

static void draw_group(const struct interval_rows *rows, const struct row_layout *layout,
		       const struct interval_group *group, double top, struct strbuf *out)
{
	double first = top + (group->name ? HEADING_PX : 0);
	double bottom = first + (double)group->count * ROW_PX;
	double one = scale_at(&layout->x, 1);

	if (group->name) {
		_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

		svg_fit(&name, group->name, (layout->width - 8) / SVG_BOLD);
		svg_text(out, "heading", 2, first - 8, name.buf);
	}
	mark_band(out, "noise", &layout->x, 1 / group->noise, group->noise, first, bottom);
	mark_band(out, "band", &layout->x, 1 / group->tie, group->tie, first, bottom);
	svg_line(out, "one", one, first, one, bottom);
	for (size_t i = 0; i < group->count; i++)
		draw_row(layout, &rows->rows[group->first + i], first + ((double)i + 0.5) * ROW_PX,
			 out);
}

static void draw_picture(const struct interval_rows *rows, const struct row_layout *layout,
			 size_t first, size_t end, struct strbuf *out)
{
	const struct axis axis = { .scale = layout->x, .suffix = "x", .label = rows->label };
	double top = 2, bottom = top;

	for (size_t i = first; i < end; i++)
		bottom += group_height(&rows->groups[i]);
	svg_begin(out, layout->width, bottom + AXIS_BELOW_PX, rows->label);
	axis_below(out, &axis, top + (rows->groups[first].name ? HEADING_PX : 0), bottom);
	for (size_t i = first; i < end; i++) {
		draw_group(rows, layout, &rows->groups[i], top, out);
		top += group_height(&rows->groups[i]);
	}
	svg_end(out);
}

void rows_draw(const struct interval_rows *rows, double width, struct strbuf *out)
{
	struct row_layout layout = lay_out(rows, width);
	size_t first = 0;

	while (first < rows->group_count) {
		double height = group_height(&rows->groups[first]);
		size_t end = first + 1;

		while (end < rows->group_count &&
		       height + group_height(&rows->groups[end]) <= PICTURE_MAX_PX)
			height += group_height(&rows->groups[end++]);
		draw_picture(rows, &layout, first, end, out);
		first = end;
	}
}
