/* SPDX-License-Identifier: MIT */
/* How each contender stood to the baseline in an earlier result, and how it stands now. */
#include <math.h>
#include <stdint.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "model/across.h"
#include "report/produce.h"

static void say_row(const struct production *production, const struct across_row *row)
{
	const struct cell cells[] = {
		{ .kind = CELL_TEXT,
		  .text = production->result->contenders[row->contender_index].name },
		{ .kind = CELL_RATIO, .value = row->now },
		{ .kind = CELL_RATIO, .value = row->then },
		{ .kind = CELL_RATIO, .value = row->change },
		{ .kind = CELL_INTERVAL, .low = row->change_low, .high = row->change_high },
		{ .kind = CELL_VERDICT,
		  .verdict = row->verdict,
		  .settled = row->verdict == VERDICT_FASTER || row->verdict == VERDICT_SLOWER },
	};

	production->emitter->row(production->self, ROW_PLAIN, cells);
}

static void say_table(const struct production *production, const struct across *across)
{
	static const struct column columns[] = {
		{ .title = "contender" },
		{ .title = "ratio now", .numeric = true },
		{ .title = "earlier", .numeric = true },
		{ .title = "change",
		  .explanation = "the ratio to the baseline now, as a multiple of the earlier one",
		  .numeric = true },
		{ .title = "interval", .numeric = true },
		{ .title = "verdict" },
	};
	const struct table table = { TABLE_DETAIL, columns, ARRAY_SIZE(columns) };
	size_t open = SIZE_MAX;

	production->emitter->table_begin(production->self, &table);
	for (size_t i = 0; i < across->row_count; i++) {
		size_t case_index = across->rows[i].case_index;

		if (case_index != open && open != SIZE_MAX)
			production->emitter->group_end(production->self);
		if (case_index != open)
			production->emitter->group_begin(
				production->self, production->result->cases[case_index].name, NULL);
		open = case_index;
		say_row(production, &across->rows[i]);
	}
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
}

/* The baseline's own figures, which two sessions cannot compare. */
static void say_baselines(const struct production *production, const struct across *across)
{
	const struct result *now = across->now, *then = across->then;
	size_t mine = production->baseline, theirs = result_find_role(then, ROLE_BASELINE);

	for (size_t i = 0; i < now->case_count && mine != SIZE_MAX && theirs != SIZE_MAX; i++) {
		size_t found = result_find_case(then, now->cases[i].name);
		const struct summary *a = result_find_summary(now, i, mine, across->metric);
		const struct summary *b =
			found == SIZE_MAX
				? NULL
				: result_find_summary(then, found, theirs, across->metric);

		if (a && b && b->estimate > 0)
			say(production, NOTE_PLAIN,
			    "%s, %s alone: %.2fx its earlier %s. That is the machine's doing as well as the "
			    "program's: two sessions cannot tell them apart.",
			    now->cases[i].name, production->baseline_name,
			    a->estimate / b->estimate, production->metric_label);
	}
}

void produce_against(const struct production *production)
{
	const struct across *across = production->result->across;
	_cleanup_strbuf_ struct strbuf heading = STRBUF_INIT;

	if (!across)
		return;
	strbuf_addf(&heading, "Against the result of %s",
		    across->then->command.started ? across->then->command.started
						  : "an unknown time");
	production->emitter->heading(production->self, heading.buf);
	say_table(production, across);
	if (across->despite.len)
		say(production, NOTE_WARNING, "compared all the same, by --despite: it is of %s",
		    across->despite.buf);
	say_baselines(production, across);
	say(production, NOTE_PLAIN,
	    "change: ratios to %s within each session are compared. What else has changed between the "
	    "sessions (compiler, libraries, files, neighbours on the machine) can change them too; `compare "
	    "--baseline-build` measures two builds in one session.",
	    production->baseline_name);
}
