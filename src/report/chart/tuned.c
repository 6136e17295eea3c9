/* SPDX-License-Identifier: MIT */
/* The charts of tune: what was confirmed against what the search saw, and what each setting is worth. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/units.h"
#include "base/xalloc.h"
#include "report/chart/chart.h"
#include "report/chart/rows.h"
#include "report/chart/words.h"

static double factor_of(double pct)
{
	return 1 + pct / 100;
}

static bool confirmed_present(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;

	for (size_t i = 0; tuning && i < tuning->finalist_count; i++) {
		const struct summary *time =
			judged_of(production, 0, tuning->finalists[i].contender_index);

		if (time && time->ratio > 0)
			return true;
	}
	return false;
}

static void confirmed_describe(const struct production *production, struct strbuf *title,
			       struct strbuf *reading)
{
	strbuf_addstr(title, "Search against confirmation");
	strbuf_addf(
		reading,
		"%s is better: 1x is %s. The ring is what the search saw, the filled mark and its interval what fresh rounds "
		"said; a search sees its winners better than they are. Shaded: within %g%%, which counts as equal.",
		production->higher_is_better ? "Right" : "Left", production->baseline_name,
		production->result->command.margin_pct);
}

static void confirmed_draw(const struct production *production, double width, struct strbuf *out)
{
	const struct result *result = production->result;
	const struct tuning *tuning = result->tuning;
	_cleanup_strbuf_ struct strbuf label = STRBUF_INIT;
	struct interval_rows rows = { 0 };

	rows_add_group(&rows, NULL)->tie = factor_of(result->command.margin_pct);
	for (size_t i = 0; i < tuning->finalist_count; i++) {
		const struct tuning_finalist *finalist = &tuning->finalists[i];
		const struct summary *time = judged_of(production, 0, finalist->contender_index);
		struct strbuf title = STRBUF_INIT;

		if (!time || !(time->ratio > 0))
			continue;
		struct interval_row *row =
			rows_add(&rows, result->contenders[finalist->contender_index].name);
		row->value = time->ratio;
		if (summary_has_interval(time)) {
			row->low = time->ratio_low;
			row->high = time->ratio_high;
		}
		row->earlier = finalist->search_ratio;
		row->symbol = mark_symbol_of_verdict(time->verdict, time->ratio);
		row->class = mark_class_of_verdict(time->verdict);
		row->text = xasprintf("%.2fx %s", time->ratio, tuning_end_name(finalist->end));
		words_add_outcome(&title, production, 0, finalist->contender_index);
		if (!isnan(finalist->search_ratio))
			strbuf_addf(&title, "\nthe search saw %.2fx", finalist->search_ratio);
		row->title = strbuf_detach(&title);
	}
	words_add_ratio(&label, production, production->metric_label);
	strbuf_addstr(&label, " \u2192");
	rows.label = label.buf;
	rows_draw(&rows, width, out);
	rows_release(&rows);
}

static bool knobs_present(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;

	for (size_t i = 0; tuning && i < tuning->knob_count; i++)
		if (tuning->knobs[i].cost > 0)
			return true;
	return false;
}

static void knobs_describe(const struct production *production, struct strbuf *title,
			   struct strbuf *reading)
{
	(void)production;
	strbuf_addstr(title, "What each setting is worth");
	strbuf_addstr(
		reading,
		"The best of the search, without one of its settings, as a ratio to all of them: right of 1x the setting is "
		"worth something, and is kept; what makes no difference is left out.");
}

static void knobs_draw(const struct production *production, double width, struct strbuf *out)
{
	const struct result *result = production->result;
	const struct tuning *tuning = result->tuning;
	char **names = xcalloc(tuning->knob_count + 1, sizeof(*names));
	struct interval_rows rows = { .label = "score without it / score with it \u2192" };

	rows_add_group(&rows, NULL);
	for (size_t i = 0; i < tuning->knob_count; i++) {
		const struct tuning_knob *knob = &tuning->knobs[i];

		if (!(knob->cost > 0))
			continue;
		names[i] = xasprintf("%s = %s", knob->key, knob->value);
		struct interval_row *row = rows_add(&rows, names[i]);
		row->value = knob->cost;
		row->low = knob->cost_low;
		row->high = knob->cost_high;
		row->symbol = knob->kept ? SYMBOL_RIGHT : SYMBOL_CIRCLE;
		row->class = knob->kept ? "better" : "unclear";
		row->text = xasprintf("%.2fx %s", knob->cost, knob->kept ? "kept" : "left out");
		row->title = xasprintf("%s\n%s", names[i], row->text);
	}
	rows_draw(&rows, width, out);
	rows_release(&rows);
	for (size_t i = 0; i < tuning->knob_count; i++)
		free(names[i]);
	free(names);
}

const struct chart chart_confirmed = {
	.id = "confirmed",
	.present = confirmed_present,
	.describe = confirmed_describe,
	.draw = confirmed_draw,
};

const struct chart chart_knobs = {
	.id = "knobs",
	.present = knobs_present,
	.describe = knobs_describe,
	.draw = knobs_draw,
};
