/* SPDX-License-Identifier: MIT */
/* What a screen has room for below the verdict: a row for each contender, and the cases that differ. */
#include <math.h>
#include <stdint.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/paste.h"
#include "report/produce.h"

/* Lines of the first screen that come after the cases: where the details are, and the verdict again. */
#define LINES_BELOW 3
/* Of a table besides its rows: a blank line, its head, and how many rows are left out. */
#define LINES_AROUND 3
/* Further findings that are told, each in about this length. */
enum { FINDINGS_SHOWN = 4, FINDING_BYTES = 110 };

static void say_contender(const struct production *production, const struct headline_row *row)
{
	const struct result *result = production->result;
	const struct headline_count *judged = &row->judged;
	const struct cell cells[] = {
		cell_of_text(result->contenders[row->contender_index].name),
		cell_of_count(judged->verdicts[VERDICT_FASTER]),
		cell_of_count(judged->verdicts[VERDICT_SLOWER]),
		cell_of_count(judged->verdicts[VERDICT_TIE]),
		cell_of_count(judged->verdicts[VERDICT_UNCLEAR]),
		cell_of_ratio(judged->mean),
		cell_of_ratio(row->memory.mean),
		cell_of_ratio(judged->worst),
		cell_of_text(judged->worst_case == SIZE_MAX
				     ? "-"
				     : result->cases[judged->worst_case].name),
	};

	production->emitter->row(production->self, ROW_PLAIN, cells);
}

static void say_contenders(const struct production *production)
{
	const struct headline *headline = &production->headline;
	const struct column columns[] = {
		{ .title = "contender" },
		{ .title = "faster", .numeric = true },
		{ .title = "slower", .numeric = true },
		{ .title = "tie", .numeric = true, .dispensable = 3 },
		{ .title = "unclear", .numeric = true, .dispensable = 3 },
		{ .title = production->metric_label, .numeric = true },
		{ .title = "memory", .numeric = true },
		{ .title = "worst", .numeric = true, .dispensable = 2 },
		{ .title = "in", .dispensable = 2 },
	};
	const struct table table = { TABLE_DETAIL, columns, ARRAY_SIZE(columns) };
	_cleanup_free_ char *title = xasprintf("vs %s", production->baseline_name);

	production->emitter->table_begin(production->self, &table);
	production->emitter->group_begin(production->self, title, NULL);
	for (size_t i = 0; i < headline->row_count; i++)
		say_contender(production, &headline->rows[i]);
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
}

static void fill_extreme(const struct production *production, size_t case_index,
			 size_t contender_index, struct cell *cells)
{
	const struct summary *summary =
		contender_index == SIZE_MAX ? NULL
					    : judged_of(production, case_index, contender_index);

	cells[0] = cell_of_text("-");
	cells[1] = cell_of_text("");
	if (!summary)
		return;
	cells[0].text = production->result->contenders[contender_index].name;
	cells[1] = (struct cell){
		.kind = CELL_RATIO,
		.value = summary->ratio,
		.verdict = summary->verdict,
		.settled = true,
	};
}

/* How the only contender does in a case. */
static void say_case_of_one(const struct production *production, size_t case_index)
{
	size_t contender = production->contenders[0];
	const struct summary *judged = judged_of(production, case_index, contender);
	const struct summary *memory =
		lookup_summary(&production->lookup, case_index, contender, production->memory);
	struct cell cells[5] = {
		cell_of_text(production->result->cases[case_index].name),
		{ .kind = CELL_RATIO, .value = NAN },
		{ .kind = CELL_INTERVAL, .low = NAN, .high = NAN },
		cell_of_text("-"),
		cell_of_memory(memory),
	};

	if (judged) {
		cells[1].value = judged->ratio;
		cells[2].low = judged->ratio_low;
		cells[2].high = judged->ratio_high;
	}
	if (judged && judged->has_verdict)
		cells[3] = (struct cell){
			.kind = CELL_VERDICT,
			.verdict = judged->verdict,
			.settled = judged->verdict == VERDICT_FASTER ||
				   judged->verdict == VERDICT_SLOWER,
		};
	production->emitter->row(production->self, ROW_PLAIN, cells);
}

static void say_case(const struct production *production, const struct headline_case *item)
{
	if (production->contender_count == 1) {
		say_case_of_one(production, item->case_index);
		return;
	}
	struct cell cells[5] = { cell_of_text(production->result->cases[item->case_index].name) };

	fill_extreme(production, item->case_index, item->fastest, &cells[1]);
	fill_extreme(production, item->case_index, item->slowest, &cells[3]);
	production->emitter->row(production->self, ROW_PLAIN, cells);
}

/* Those that differ most, as many as there is room for. */
static void say_cases(const struct production *production)
{
	const struct headline *headline = &production->headline;
	const struct emitter *emitter = production->emitter;
	bool by_time = production->metric == METRIC_WALL_NS;
	const struct column of_one[] = {
		{ .title = "case" },
		{ .title = production->metric_label, .numeric = true },
		{ .title = "interval", .dispensable = 1 },
		{ .title = "verdict" },
		{ .title = "memory", .numeric = true },
	};
	const struct column of_many[] = {
		{ .title = "case" },
		{ .title = by_time ? "fastest" : "best" },
		{ .title = "", .numeric = true },
		{ .title = by_time ? "slowest" : "worst" },
		{ .title = "", .numeric = true },
	};
	_Static_assert(ARRAY_SIZE(of_one) == ARRAY_SIZE(of_many), "one number of columns");
	const struct table table = { TABLE_DETAIL,
				     production->contender_count == 1 ? of_one : of_many,
				     ARRAY_SIZE(of_one) };
	size_t room = emitter->room ? emitter->room(production->self) : SIZE_MAX;
	size_t count = headline->case_count;

	if (room < SIZE_MAX)
		room = room > LINES_BELOW + LINES_AROUND ? room - LINES_BELOW - LINES_AROUND : 1;
	/* The line that tells of one more has room for it. */
	count = count <= room + 1 ? count : room;
	if (!count)
		return;
	emitter->table_begin(production->self, &table);
	emitter->group_begin(production->self, "cases that differ", NULL);
	for (size_t i = 0; i < count; i++)
		say_case(production, &headline->cases[i]);
	emitter->group_end(production->self);
	emitter->table_end(production->self);
	if (count < headline->case_count)
		say(production, NOTE_FOOT, "and %zu more", headline->case_count - count);
}

/* "MALLOC_CONF=dirty_decay_ms:30000" of a finding that was tried, or nothing. */
static void add_settings(struct strbuf *sb, const struct production *production,
			 const struct finding *finding)
{
	/* One variable may take several settings: env has them together. */
	for (size_t i = 0; finding->env && finding->env[i]; i++) {
		strbuf_addstr(sb, i ? " " : ", ");
		paste_in_words(production, finding->env[i], sb);
	}
	for (size_t i = 0; i < finding->setting_count && !(finding->env && finding->env[0]); i++) {
		const struct finding_setting *setting = &finding->settings[i];
		_cleanup_free_ char *assignment = xasprintf("%s=%s",
							    setting->variable ? setting->variable
							    : setting->key    ? setting->key
									      : "",
							    setting->value);

		strbuf_addstr(sb, i ? " " : ", ");
		paste_in_words(production, assignment, sb);
	}
}

static void say_further(const struct production *production, const struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, finding->id);
	add_settings(&sb, production, finding);
	strbuf_addstr(&sb, ": ");
	if (isnan(finding->measured_gain_pct)) {
		add_sentences(&sb, finding->text, FINDING_BYTES);
	} else {
		add_gain(&sb, finding, finding->measured_gain_pct);
		add_gain_interval(&sb, finding);
		strbuf_addf(&sb, ": %s",
			    finding->judgement == JUDGEMENT_REFUTED     ? "refuted"
			    : finding->judgement == JUDGEMENT_UNSETTLED ? "not settled"
									: "a real gain");
	}
	production->emitter->note(production->self, NOTE_PLAIN, sb.buf);
}

/* The findings besides the one of the verdict. */
static void say_findings(const struct production *production)
{
	const struct result *result = production->result;
	size_t said = 0, more = 0;

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		if (finding_is_account(finding) || finding_is_difference(finding) ||
		    finding == production->headline.cause)
			continue;
		if (said == FINDINGS_SHOWN) {
			more++;
			continue;
		}
		if (!said++)
			production->emitter->heading(production->self, "Also found");
		say_further(production, finding);
	}
	if (more)
		say(production, NOTE_PLAIN, "and %zu more: --details", more);
}

void produce_brief(const struct production *production)
{
	bool is_compared = production->baseline != SIZE_MAX && production->contender_count;

	if (production_is_explanation(production)) {
		say_findings(production);
	} else if (production->result->sweep) {
		produce_sweep_brief(production);
	} else if (production->result->case_count == 1 || !is_compared) {
		produce_details(production);
	} else if (!production->result->tuning) {
		if (production->contender_count > 1)
			say_contenders(production);
		say_cases(production);
	}
}
