/* SPDX-License-Identifier: MIT */
/*
 * Flame graphs of who gives pages back, who touches them again, and who calls futex: as folded stacks
 * are drawn, the outermost function above, as wide as its share. Frames carry what the page's script needs to enlarge and
 * to find them; without it they have titles.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/chart/chart.h"
#include "report/chart/legend.h"
#include "report/chart/svg.h"
#include "report/chart/words.h"

#define FRAME_PX 18.0
#define HEADING_PX 24.0
/* What is narrower is not seen, and a document may have thousands of it. */
#define LEAST_PX 0.5
#define LEAST_TEXT_PX 24.0
/* Deeper frames are left out: they would make the picture higher than a screen. */
#define DEPTH_MAX 48u

static const struct {
	enum stack_event event;
	const char *heading, *unit;
} events[] = {
	{ STACK_PURGE, "Pages given back", "pages" },
	{ STACK_REFAULT, "Pages touched again", "pages" },
	{ STACK_LOCK, "Calls of futex", "calls" },
};

struct flame {
	const struct result *result;
	const struct stack **stacks; /* of one event, by their paths */
	size_t count;
	double total;
	double width; /* pixels */
	const char *unit;
	struct strbuf *out;
};

/* The name at a depth: the process, "[cut]" where the outer frames are missing, the functions, the call. NULL: deeper. */
static const char *name_at(const struct result *result, const struct stack *stack, size_t depth,
			   const char **ret_class)
{
	size_t first = stack->cut ? 2 : 1;

	*ret_class = "f-event";
	if (depth == 0)
		return stack->process ? stack->process : "[process]";
	if (depth < first)
		return "[cut]";
	if (depth - first < stack->frame_count) {
		const struct frame *frame = &result->frames[stack->frames[depth - first]];

		*ret_class = frame->role == FRAME_ALLOCATOR ? "f-allocator"
			     : frame->role == FRAME_RUNTIME ? "f-runtime"
							    : "f-program";
		return frame->function;
	}
	return depth - first == stack->frame_count ? purge_cause_label(stack->cause) : NULL;
}

static int compare_paths(const void *a, const void *b, void *context)
{
	const struct stack *x = *(const struct stack *const *)a;
	const struct stack *y = *(const struct stack *const *)b;

	for (size_t depth = 0; depth < DEPTH_MAX; depth++) {
		const char *class;
		const char *s = name_at(context, x, depth, &class);
		const char *t = name_at(context, y, depth, &class);

		if (!s || !t)
			return (s != NULL) - (t != NULL);
		int order = strcmp(s, t);
		if (order)
			return order;
	}
	return 0;
}

static void draw_frame(const struct flame *flame, const char *name, const char *class, double x,
		       double y, double width, double pages)
{
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT, classes = STRBUF_INIT;

	words_add_name(&title, name);
	strbuf_addch(&title, '\n');
	format_count(&title, pages);
	strbuf_addf(&title, " %s, %.1f%%", flame->unit, 100 * pages / flame->total);
	strbuf_addf(&classes, "frame %s", class);
	svg_group_begin(flame->out, classes.buf, title.buf);
	svg_rect(flame->out, "", x, y, width, FRAME_PX - 1);
	if (width >= LEAST_TEXT_PX) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		svg_fit(&text, name, width - 8);
		svg_text(flame->out, "", x + 4, y + 13, text.buf);
	}
	svg_group_end(flame->out);
}

/* The stacks from first to end, which are the same above this depth. */
static void draw_frames(const struct flame *flame, size_t first, size_t end, size_t depth, double x)
{
	while (first < end && depth < DEPTH_MAX) {
		const char *class, *name, *other;
		double pages = 0;
		size_t next = first;

		name = name_at(flame->result, flame->stacks[first], depth, &class);
		do {
			const char *unused;

			pages += (double)flame->stacks[next++]->pages;
			other = next < end ? name_at(flame->result, flame->stacks[next], depth,
						     &unused)
					   : NULL;
		} while (next < end && name && other && !strcmp(name, other));
		double width = flame->width * pages / flame->total;
		if (name && width >= LEAST_PX) {
			draw_frame(flame, name, class, x, HEADING_PX + (double)depth * FRAME_PX,
				   width, pages);
			draw_frames(flame, first, next, depth + 1, x);
		}
		x += width;
		first = next;
	}
}

static bool is_of(const struct production *production, const struct stack *stack,
		  enum stack_event event)
{
	const struct run *run = &production->result->runs[stack->run_index];

	return stack->event == event && stack->pages > 0 &&
	       run->contender_index == production->baseline;
}

static bool flame_present(const struct production *production)
{
	const struct result *result = production->result;

	if (!production_is_explanation(production))
		return false;
	for (size_t i = 0; i < result->stack_count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(events); k++)
			if (is_of(production, &result->stacks[i], events[k].event))
				return true;
	return false;
}

static void flame_describe(const struct production *production, struct strbuf *title,
			   struct strbuf *reading)
{
	(void)production;
	strbuf_addstr(title, "Who does it");
	strbuf_addstr(
		reading,
		"Each row is called by the row above it, from the program's start at the top to the call or the touch at the "
		"bottom; the width is the share of pages, from the stacks that were taken. Colours say whose code it is. "
		"Click a frame to enlarge it.");
}

static double draw_legend(double width, struct strbuf *out)
{
	static const struct legend_entry entries[] = {
		{ .name = "program", .class = "f-program", .is_area = true },
		{ .name = "C library and runtime", .class = "f-runtime", .is_area = true },
		{ .name = "allocator", .class = "f-allocator", .is_area = true },
	};

	return legend_draw(entries, ARRAY_SIZE(entries), width, 0, out);
}

static size_t depth_of(const struct flame *flame)
{
	size_t deepest = 0;

	for (size_t i = 0; i < flame->count; i++) {
		size_t depth = flame->stacks[i]->frame_count + (flame->stacks[i]->cut ? 3 : 2);

		if (depth > deepest)
			deepest = depth;
	}
	return deepest < DEPTH_MAX ? deepest : DEPTH_MAX;
}

static void draw_event(const struct production *production, size_t event, double width,
		       struct strbuf *out)
{
	const struct result *result = production->result;
	_cleanup_free_ const struct stack **stacks =
		xcalloc(result->stack_count + 1, sizeof(*stacks));
	struct flame flame = { .result = result,
			       .stacks = stacks,
			       .width = width,
			       .unit = events[event].unit,
			       .out = out };

	for (size_t i = 0; i < result->stack_count; i++)
		if (is_of(production, &result->stacks[i], events[event].event)) {
			stacks[flame.count++] = &result->stacks[i];
			flame.total += (double)result->stacks[i].pages;
		}
	if (!flame.count)
		return;
	qsort_r(stacks, flame.count, sizeof(*stacks), compare_paths, (void *)result);
	_cleanup_strbuf_ struct strbuf heading = STRBUF_INIT;
	strbuf_addf(&heading, "%s: ", events[event].heading);
	format_count(&heading, flame.total);
	svg_begin(out, width, HEADING_PX + (double)depth_of(&flame) * FRAME_PX, heading.buf);
	svg_text(out, "heading", 2, 15, heading.buf);
	svg_group_begin(out, "flame", NULL);
	draw_frames(&flame, 0, flame.count, 0, 0);
	svg_group_end(out);
	svg_end(out);
}

static void flame_draw(const struct production *production, double width, struct strbuf *out)
{
	double height = draw_legend(width, NULL);

	svg_begin(out, width, height, "whose code");
	draw_legend(width, out);
	svg_end(out);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		draw_event(production, i, width, out);
}

const struct chart chart_flame = {
	.id = "flame",
	.present = flame_present,
	.describe = flame_describe,
	.draw = flame_draw,
};
