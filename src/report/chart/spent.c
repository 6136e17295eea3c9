/* SPDX-License-Identifier: MIT */
/* Where the CPU time went: the program's own, faults by cause, calls, locks; and of an explained program, whose doing it is. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/chart/axis.h"
#include "report/chart/chart.h"
#include "report/chart/legend.h"
#include "report/chart/svg.h"

#define BAR_PX 16.0
#define ROW_PX 22.0
#define HEADING_PX 24.0
#define GAP_PX 6.0
#define PICTURE_MAX_PX 760.0
/* Owners of a smaller part of the CPU time are not shown, as in the table. */
#define LEAST_SHARE 0.002

enum part {
	PART_USER,
	PART_FIRST_TOUCH,
	PART_REFAULT,
	PART_OTHER_FAULT,
	PART_FAULT, /* in place of the three, where faults were timed and their causes are not known */
	PART_CALLS,
	PART_LOCKS,
	PART_KERNEL,
	PARTS,
};

static const struct {
	const char *name, *class;
} parts[PARTS] = {
	[PART_USER] = { "outside the kernel", "p-user" },
	[PART_FIRST_TOUCH] = { "faults: first touch", "p-touch" },
	[PART_REFAULT] = { "faults: refault", "p-refault" },
	[PART_OTHER_FAULT] = { "faults: others", "p-fault" },
	[PART_FAULT] = { "faults", "p-fault" },
	[PART_CALLS] = { "calls that give or take memory", "p-calls" },
	[PART_LOCKS] = { "futex calls", "p-locks" },
	[PART_KERNEL] = { "the rest of the kernel", "p-kernel" },
};

/* The mean over the observed runs, whose parts were measured together. */
struct bar {
	const char *name; /* borrowed */
	double ns[PARTS]; /* NAN: not measured */
	double total_ns;
};

static double part_of(double whole, double count, double faults)
{
	return isnan(count) || !(faults > 0) ? NAN : whole * fmin(count / faults, 1);
}

/* What causes are known of is shared out by their numbers: faults of all causes were timed together. */
static void split(const struct metrics *metrics, double ns[PARTS])
{
	const double *value = metrics->value;
	double fault_ns = value[METRIC_FAULT_NS];
	double faults = value[METRIC_MINOR_FAULTS] + value[METRIC_MAJOR_FAULTS];
	double kernel_ns = metrics_kernel_ns(metrics), memory_ns = metrics_memory_ns(metrics);

	for (int i = 0; i < PARTS; i++)
		ns[i] = NAN;
	ns[PART_USER] = metrics_program_ns(metrics) - kernel_ns;
	ns[PART_KERNEL] = kernel_ns;
	if (isnan(fault_ns))
		return;
	ns[PART_FIRST_TOUCH] = part_of(fault_ns, value[METRIC_FIRST_TOUCH_FAULTS], faults);
	ns[PART_REFAULT] = part_of(fault_ns, value[METRIC_REFAULTS], faults);
	if (isnan(ns[PART_FIRST_TOUCH]) || isnan(ns[PART_REFAULT])) {
		ns[PART_FIRST_TOUCH] = ns[PART_REFAULT] = NAN;
		ns[PART_FAULT] = fault_ns;
	} else {
		ns[PART_OTHER_FAULT] = fmax(fault_ns - ns[PART_FIRST_TOUCH] - ns[PART_REFAULT], 0);
	}
	ns[PART_CALLS] = memory_ns - fault_ns;
	ns[PART_LOCKS] = value[METRIC_FUTEX_NS];
	ns[PART_KERNEL] =
		fmax(kernel_ns - memory_ns - (isnan(ns[PART_LOCKS]) ? 0 : ns[PART_LOCKS]), 0);
}

/* False where no observed run of it was measured. */
static bool find_bar(const struct production *production, size_t case_index, size_t contender_index,
		     struct bar *bar)
{
	const struct result *result = production->result;
	double sums[PARTS] = { 0 };
	size_t counts[PARTS] = { 0 };

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];
		double ns[PARTS];

		if (!run->observed || run->error || run->case_index != case_index ||
		    run->contender_index != contender_index ||
		    isnan(run->metrics.value[METRIC_CPU_NS]))
			continue;
		split(&run->metrics, ns);
		for (int k = 0; k < PARTS; k++)
			if (!isnan(ns[k])) {
				sums[k] += ns[k];
				counts[k]++;
			}
	}
	bar->name = result->contenders[contender_index].name;
	bar->total_ns = 0;
	for (int k = 0; k < PARTS; k++) {
		bar->ns[k] = counts[k] ? sums[k] / (double)counts[k] : NAN;
		if (counts[k])
			bar->total_ns += bar->ns[k];
	}
	return bar->total_ns > 0;
}

/* The baseline first, then the contenders: numbers from 0 to contender_count. */
static size_t contender_at(const struct production *production, size_t number)
{
	return number ? production->contenders[number - 1] : production->baseline;
}

static bool spent_present(const struct production *production)
{
	struct bar bar;

	if (production->baseline == SIZE_MAX)
		return false;
	for (size_t c = 0; c < production->result->case_count; c++)
		for (size_t i = 0; i <= production->contender_count; i++)
			if (find_bar(production, c, contender_at(production, i), &bar) &&
			    !isnan(bar.ns[PART_CALLS]))
				return true;
	return false;
}

static void spent_describe(const struct production *production, struct strbuf *title,
			   struct strbuf *reading)
{
	(void)production;
	strbuf_addstr(title, "Where the CPU time went");
	strbuf_addstr(
		reading,
		"Shorter is better. A bar is the CPU time of an observed run. Refaults are faults on pages that were given back: "
		"with the calls that give them back, what a setting or another allocator can take away; first touches are growth. "
		"The time of faults is shared out among their causes by number.");
}

static void add_percent(struct strbuf *sb, double part, double whole)
{
	strbuf_addf(sb, part / whole < 0.0995 ? "%.1f%%" : "%.0f%%", 100 * part / whole);
}

static void draw_segment(const struct bar *bar, const char *name, const char *class, double ns,
			 double x1, double x2, double y, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT, share = STRBUF_INIT, area = STRBUF_INIT;

	strbuf_addf(&title, "%s\n%s: ", bar->name, name);
	format_ns(&title, ns);
	strbuf_addstr(&title, ", ");
	add_percent(&share, ns, bar->total_ns);
	strbuf_addstr(&title, share.buf);
	strbuf_addf(&area, "area %s", class);
	svg_group_begin(out, NULL, title.buf);
	svg_rect(out, area.buf, x1, y - BAR_PX / 2, fmax(x2 - x1 - 0.7, 0.3), BAR_PX);
	if (x2 - x1 > svg_text_width(share.buf) + 6)
		svg_text(out, "inside middle", (x1 + x2) / 2, y + 4, share.buf);
	svg_group_end(out);
}

static void draw_bar(const struct bar *bar, const struct scale *x, double y, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
	double sum = 0;

	svg_fit(&name, bar->name, x->from - 12);
	svg_text(out, "name end", x->from - 8, y + 4, name.buf);
	for (int k = 0; k < PARTS; k++) {
		if (!(bar->ns[k] > 0))
			continue;
		draw_segment(bar, parts[k].name, parts[k].class, bar->ns[k], scale_at(x, sum),
			     scale_at(x, sum + bar->ns[k]), y, out);
		sum += bar->ns[k];
	}
}

/* The run that the shares of owners are of. */
static size_t first_observed(const struct production *production)
{
	const struct result *result = production->result;

	for (size_t i = 0; i < result->run_count; i++)
		if (result->runs[i].observed && !result->runs[i].error &&
		    result->runs[i].contender_index == production->baseline)
			return i;
	return SIZE_MAX;
}

/* The same time by whose doing it is: what no owner's is comes last. */
static bool draw_owners(const struct production *production, const struct bar *whole,
			const struct scale *x, double y, struct strbuf *out)
{
	const struct result *result = production->result;
	struct bar bar = { .name = "by owner", .total_ns = whole->total_ns };
	size_t observed = first_observed(production);
	double sum = 0;

	for (size_t i = 0; i < result->owner_share_count; i++) {
		const struct owner_share *share = &result->owner_shares[i];
		_cleanup_strbuf_ struct strbuf class = STRBUF_INIT;

		if (share->metric != METRIC_CPU_NS || share->run_index != observed ||
		    !(share->part >= LEAST_SHARE))
			continue;
		strbuf_addf(&class, "o%d", (int)share->owner);
		draw_segment(&bar, owner_label(share->owner), class.buf,
			     share->part * whole->total_ns, scale_at(x, sum * whole->total_ns),
			     scale_at(x, (sum + share->part) * whole->total_ns), y, out);
		sum += share->part;
	}
	if (sum > 0) {
		svg_text(out, "name end", x->from - 8, y + 4, bar.name);
		if (sum < 1)
			draw_segment(&bar, "not for memory", "p-user", (1 - sum) * whole->total_ns,
				     scale_at(x, sum * whole->total_ns),
				     scale_at(x, whole->total_ns), y, out);
	}
	return sum > 0;
}

/* What stands in some bar. */
static double draw_legend(const struct production *production, bool with_owners, double width,
			  struct strbuf *out)
{
	const struct result *result = production->result;
	struct legend_entry entries[PARTS + OWNERS];
	char classes[OWNERS][8];
	bool used[PARTS] = { false };
	size_t count = 0, observed = first_observed(production);
	struct bar bar;

	for (size_t c = 0; c < result->case_count; c++)
		for (size_t i = 0; i <= production->contender_count; i++)
			if (find_bar(production, c, contender_at(production, i), &bar))
				for (int k = 0; k < PARTS; k++)
					used[k] |= bar.ns[k] > 0;
	for (int k = 0; k < PARTS; k++)
		if (used[k])
			entries[count++] = (struct legend_entry){ .name = parts[k].name,
								  .class = parts[k].class,
								  .is_area = true };
	for (size_t i = 0; with_owners && i < result->owner_share_count; i++) {
		const struct owner_share *share = &result->owner_shares[i];

		if (share->metric != METRIC_CPU_NS || share->run_index != observed ||
		    !(share->part >= LEAST_SHARE) || count == ARRAY_SIZE(entries))
			continue;
		snprintf(classes[share->owner], sizeof(classes[0]), "o%d", (int)share->owner);
		entries[count++] = (struct legend_entry){ .name = owner_label(share->owner),
							  .class = classes[share->owner],
							  .is_area = true };
	}
	return legend_draw(entries, count, width, 0, out);
}

/* The cases from *first on that fit into a picture; moves *first behind them. */
static void draw_picture(const struct production *production, size_t *first, struct scale x,
			 struct scale_unit unit, double width, struct strbuf *out)
{
	const struct result *result = production->result;
	bool explained = production_is_explanation(production), headed = result->case_count > 1;
	_cleanup_strbuf_ struct strbuf marks = STRBUF_INIT, label = STRBUF_INIT;
	struct axis axis = { .scale = x, .suffix = "" };
	double y = draw_legend(production, explained, width, NULL) + 6, top = y;
	struct bar bar;

	draw_legend(production, explained, width, &marks);
	for (; *first < result->case_count; ++*first) {
		double at = y + (headed ? HEADING_PX : 0) + ROW_PX / 2;
		bool has_row = false;

		if (y > PICTURE_MAX_PX)
			break;
		for (size_t i = 0; i <= production->contender_count; i++) {
			if (!find_bar(production, *first, contender_at(production, i), &bar))
				continue;
			draw_bar(&bar, &x, at, &marks);
			at += ROW_PX;
			has_row = true;
			if (i == 0 && explained && draw_owners(production, &bar, &x, at, &marks))
				at += ROW_PX;
		}
		if (!has_row)
			continue;
		if (headed) {
			_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

			svg_fit(&name, result->cases[*first].name, (width - 4) / SVG_BOLD);
			svg_text(&marks, "heading", 2, y + HEADING_PX - 7, name.buf);
		}
		y = at - ROW_PX / 2 + GAP_PX;
	}
	strbuf_addf(&label, "CPU time, %s \u2192", unit.name);
	axis.label = label.buf;
	axis.scale.low /= unit.size;
	axis.scale.high /= unit.size;
	svg_begin(out, width, y + AXIS_BELOW_PX, label.buf);
	axis_below(out, &axis, top, y);
	strbuf_add(out, marks.buf, marks.len);
	svg_end(out);
}

static void spent_draw(const struct production *production, double width, struct strbuf *out)
{
	const struct result *result = production->result;
	struct scale x = { .low = 0, .high = 0 };
	double names = svg_text_width("by owner");
	struct bar bar;

	for (size_t c = 0; c < result->case_count; c++)
		for (size_t i = 0; i <= production->contender_count; i++)
			if (find_bar(production, c, contender_at(production, i), &bar)) {
				names = fmax(names, svg_text_width(bar.name));
				scale_include(&x, bar.total_ns);
			}
	x.from = fmin(names, width * 0.34) + 14;
	x.to = width - 12;
	struct scale_unit unit = scale_unit_for(UNIT_NS, x.high);
	for (size_t first = 0; first < result->case_count;)
		draw_picture(production, &first, x, unit, width, out);
}

const struct chart chart_spent = {
	.id = "spent",
	.present = spent_present,
	.describe = spent_describe,
	.draw = spent_draw,
};
