/* SPDX-License-Identifier: MIT */
/* The matrix of cases and contenders with their verdicts, and one line for each contender. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/produce.h"

static size_t good(const struct headline_count *count)
{
	return count->verdicts[VERDICT_FASTER] + count->verdicts[VERDICT_TIE];
}

static void say_tally(const struct production *production, const struct headline_row *row)
{
	const struct result *result = production->result;
	_cleanup_free_ char *score =
		xasprintf("%zu of %zu", good(&row->judged), result->case_count);
	const struct cell cells[] = {
		{ .kind = CELL_TEXT, .text = result->contenders[row->contender_index].name },
		{ .kind = CELL_TEXT, .text = score },
		cell_of_count(row->judged.verdicts[VERDICT_FASTER]),
		cell_of_count(row->judged.verdicts[VERDICT_TIE]),
		cell_of_count(row->judged.verdicts[VERDICT_SLOWER]),
		cell_of_count(row->judged.verdicts[VERDICT_UNCLEAR]),
		cell_of_ratio(row->judged.mean),
		cell_of_ratio(row->judged.worst),
		cell_of_ratio(row->memory.mean),
		cell_of_ratio(row->memory.worst),
	};

	production->emitter->row(production->self, ROW_PLAIN, cells);
}

static void say_tallies(const struct production *production)
{
	_cleanup_free_ char *mean_title = xasprintf("mean %s", production->metric_label);
	const struct column columns[] = {
		{ .title = "contender" },
		{ .title = "wins or ties",
		  .explanation = "cases where it is faster than the baseline, or as fast",
		  .numeric = true },
		{ .title = "faster", .numeric = true, .dispensable = 1 },
		{ .title = "tie", .numeric = true, .dispensable = 1 },
		{ .title = "slower", .numeric = true, .dispensable = 1 },
		{ .title = "unclear", .numeric = true, .dispensable = 1 },
		{ .title = mean_title,
		  .explanation = "geometric mean of the ratios to the baseline",
		  .numeric = true },
		{ .title = "worst",
		  .explanation = production->higher_is_better ? "the case with the lowest ratio"
							      : "the case with the highest ratio",
		  .numeric = true,
		  .dispensable = 2 },
		{ .title = "mean memory",
		  .explanation = "geometric mean of the ratios of peak memory",
		  .numeric = true },
		{ .title = "worst",
		  .explanation = "the case with the highest ratio",
		  .numeric = true,
		  .dispensable = 2 },
	};
	const struct table table = { TABLE_DETAIL, columns, ARRAY_SIZE(columns) };
	_cleanup_free_ char *title = xasprintf("vs %s", production->baseline_name);
	const struct headline *headline = &production->headline;

	production->emitter->heading(production->self, "Wins and ties");
	production->emitter->table_begin(production->self, &table);
	production->emitter->group_begin(production->self, title, NULL);
	for (size_t i = 0; i < headline->row_count; i++)
		say_tally(production, &headline->rows[i]);
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
}

static void judge(struct cell *cell, const struct summary *summary)
{
	cell->value = summary->ratio;
	cell->verdict = summary->verdict;
	cell->settled = summary->has_verdict &&
			(summary->verdict == VERDICT_FASTER || summary->verdict == VERDICT_SLOWER);
}

/* A contender's two cells of a case: its effect on time and on memory. */
static void fill_outcome(const struct production *production, size_t case_index,
			 size_t contender_index, struct cell *cells)
{
	const struct summary *time = judged_of(production, case_index, contender_index);
	const struct summary *memory = lookup_summary(&production->lookup, case_index,
						      contender_index, production->memory);

	cells[0] = (struct cell){ .kind = CELL_TEXT, .text = "-" };
	cells[1] = cell_of_memory(memory);
	if (cells[1].text)
		cells[1].kind = CELL_OUTCOME;
	if (time && time->has_verdict) {
		cells[0] = (struct cell){ .kind = CELL_OUTCOME };
		judge(&cells[0], time);
	}
}

static void say_matrix(const struct production *production)
{
	const struct result *result = production->result;
	size_t count = 1 + 2 * production->contender_count;
	_cleanup_free_ struct column *columns = xcalloc(count, sizeof(*columns));
	_cleanup_free_ struct cell *cells = xcalloc(count, sizeof(*cells));
	_cleanup_free_ char *title = xasprintf("vs %s", production->baseline_name);
	const struct table table = { TABLE_MATRIX, columns, count };

	columns[0] = (struct column){ .title = "case" };
	for (size_t i = 0; i < production->contender_count; i++) {
		columns[2 * i + 1] = (struct column){
			.title = result->contenders[production->contenders[i]].name,
			.numeric = true,
		};
		columns[2 * i + 2] = (struct column){
			.title = "memory",
			.numeric = true,
			.with_previous = true,
		};
	}
	_cleanup_free_ char *heading =
		xasprintf("Every case: ratio of %s, then of peak memory", production->metric_label);
	production->emitter->heading(production->self, heading);
	production->emitter->table_begin(production->self, &table);
	production->emitter->group_begin(production->self, title, NULL);
	for (size_t c = 0; c < result->case_count; c++) {
		cells[0] = (struct cell){ .kind = CELL_TEXT, .text = result->cases[c].name };
		for (size_t i = 0; i < production->contender_count; i++)
			fill_outcome(production, c, production->contenders[i], &cells[2 * i + 1]);
		production->emitter->row(production->self, ROW_PLAIN, cells);
	}
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
}

/* One case needs no tables over all cases: the verdict at the top says it all. */
void produce_verdicts(const struct production *production)
{
	if (production->baseline == SIZE_MAX || !production->contender_count)
		return;
	if (production->result->case_count < 2)
		return;
	if (production->contender_count > 1)
		say_matrix(production);
	say_tallies(production);
	produce_why(production);
}
