/* SPDX-License-Identifier: MIT */
/* Each case: the ratio of each contender to the baseline, with its interval, the band of ties and the noise. */
#include <math.h>
#include <stdint.h>

#include "base/units.h"
#include "model/summarise.h"
#include "report/chart/chart.h"
#include "report/chart/rows.h"
#include "report/chart/words.h"

static bool is_shown(const struct summary *summary)
{
	return summary && summary->has_verdict && summary->ratio > 0;
}

static bool ratios_present(const struct production *production)
{
	if (production->baseline == SIZE_MAX)
		return false;
	for (size_t c = 0; c < production->result->case_count; c++)
		for (size_t i = 0; i < production->contender_count; i++)
			if (is_shown(judged_of(production, c, production->contenders[i])))
				return true;
	return false;
}

static bool by_contender(const struct production *production)
{
	return production->contender_count == 1 && production->result->case_count > 1;
}

static void ratios_describe(const struct production *production, struct strbuf *title,
			    struct strbuf *reading)
{
	strbuf_addf(title, "Each case: ratio of %s, with its interval", production->metric_label);
	strbuf_addf(
		reading,
		"%s is better: 1x is %s, and a triangle points to the side on which a contender lies. A rule is the interval "
		"of %g%% confidence; a disc is a tie, a ring is not settled. Shaded: within %g%%, which counts as equal",
		production->higher_is_better ? "Right" : "Left", production->baseline_name,
		100 * production->result->command.confidence,
		production->result->command.margin_pct);
	if (production_noise_is_known(production) && !by_contender(production))
		strbuf_addf(reading, "; between the dashes: what %s differs from itself by",
			    production->baseline_name);
	strbuf_addch(reading, '.');
}

/* A row is headed by what the group does not say. */
static void add_row(struct interval_rows *rows, const struct production *production,
		    const char *name, size_t case_index, size_t contender_index)
{
	const struct summary *summary = judged_of(production, case_index, contender_index);
	struct strbuf title = STRBUF_INIT, text = STRBUF_INIT;

	if (!is_shown(summary))
		return;
	struct interval_row *row = rows_add(rows, name);
	row->value = summary->ratio;
	if (summary_has_interval(summary)) {
		row->low = summary->ratio_low;
		row->high = summary->ratio_high;
	}
	row->symbol = mark_symbol_of_verdict(summary->verdict, summary->ratio);
	row->class = mark_class_of_verdict(summary->verdict);
	words_add_outcome(&title, production, case_index, contender_index);
	row->title = strbuf_detach(&title);
	format_ratio(&text, summary->ratio);
	strbuf_addf(&text, " %s", verdict_name(summary->verdict));
	row->text = strbuf_detach(&text);
}

static double factor_of(double pct)
{
	return 1 + pct / 100;
}

/* A group for each case. */
static void add_cases(struct interval_rows *rows, const struct production *production)
{
	const struct result *result = production->result;

	for (size_t c = 0; c < result->case_count; c++) {
		struct interval_group *group = rows_add_group(rows, result->cases[c].name);

		group->tie = factor_of(result->command.margin_pct);
		if (production_noise_is_known(production))
			group->noise =
				factor_of(result_noise_floor_pct(result, c, production->metric));
		for (size_t i = 0; i < production->contender_count; i++)
			add_row(rows, production,
				result->contenders[production->contenders[i]].name, c,
				production->contenders[i]);
		if (!rows->groups[rows->group_count - 1].count)
			rows->group_count--;
	}
}

/* One contender in many cases: a line each is enough. The noise differs from case to case, and is left out. */
static void add_contender(struct interval_rows *rows, const struct production *production)
{
	const struct result *result = production->result;
	size_t contender = production->contenders[0];
	struct interval_group *group = rows_add_group(rows, result->contenders[contender].name);

	group->tie = factor_of(result->command.margin_pct);
	for (size_t c = 0; c < result->case_count; c++)
		add_row(rows, production, result->cases[c].name, c, contender);
}

static void ratios_draw(const struct production *production, double width, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf label = STRBUF_INIT;
	struct interval_rows rows = { 0 };

	if (by_contender(production))
		add_contender(&rows, production);
	else
		add_cases(&rows, production);
	words_add_ratio(&label, production, production->metric_label);
	strbuf_addstr(&label, " \u2192");
	rows.label = label.buf;
	rows_draw(&rows, width, out);
	rows_release(&rows);
}

const struct chart chart_ratios = {
	.id = "ratios",
	.present = ratios_present,
	.describe = ratios_describe,
	.draw = ratios_draw,
};
