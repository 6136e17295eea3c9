/* SPDX-License-Identifier: MIT */
/* Of a sweep: where contenders jump, in words, and the values with everybody's ratios and faults. */
#include "report/sweep.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "model/sweep-curves.h"
#include "report/produce.h"

/* On a first screen; the others are counted. */
#define CLIFFS_SHOWN 6
/* Lines of the first screen after the table, and of the table besides its rows. */
#define LINES_BELOW 3
#define LINES_AROUND 3

void sweep_add_value(struct strbuf *sb, const struct result *result, uint64_t value)
{
	if (result->sweep->unit)
		format_size_exact(sb, value);
	else
		strbuf_addf(sb, "%llu", (unsigned long long)value);
}

const char *sweep_judged_by(const struct result *result)
{
	enum metric_id metric = result->command.metric;

	return metric == METRIC_WALL_NS ? "time" : result_metric_label(result, metric);
}

void sweep_add_place(struct strbuf *sb, const struct result *result,
		     const struct sweep_cliff *cliff)
{
	uint64_t low = sweep_value(result, cliff->low_case);
	uint64_t high = sweep_value(result, cliff->high_case);
	bool exact = high - low <= 1;

	strbuf_addstr(sb, exact ? "above " : "between ");
	sweep_add_value(sb, result, low);
	if (exact)
		return;
	strbuf_addstr(sb, " and ");
	sweep_add_value(sb, result, high);
}

static void add_faults(struct strbuf *sb, double faults)
{
	if (faults >= 99.5)
		format_count(sb, faults);
	else
		strbuf_addf(sb, "%.2f", faults);
}

void sweep_add_cliff_text(struct strbuf *sb, const struct result *result,
			  const struct sweep_cliff *cliff)
{
	if (cliff->is_common)
		strbuf_addstr(sb, "everyone");
	else
		strbuf_addstr(sb, result->contenders[cliff->contender_index].name);
	strbuf_addch(sb, ' ');
	sweep_add_place(sb, result, cliff);
	strbuf_addstr(sb, ": ");
	if (cliff->by_time)
		strbuf_addf(sb, "%s %.2fx", sweep_judged_by(result), cliff->time_change);
	if (cliff->by_faults && !(cliff->is_common && cliff->by_time)) {
		strbuf_addstr(sb, cliff->by_time ? ", faults " : "faults ");
		add_faults(sb, cliff->faults_low);
		strbuf_addstr(sb, " to ");
		add_faults(sb, cliff->faults_high);
		strbuf_addstr(sb, sweep_counts_operations(result) ? " an operation" : " a run");
	}
	if (cliff->is_common)
		strbuf_addf(sb, ": the %s changes, not an allocator",
			    result->kind == RESULT_COMPARE ? "program" : "case");
	else if (cliff->threshold.name)
		strbuf_addf(sb, ": %s", cliff->threshold.name);
	if (!cliff->is_settled)
		strbuf_addstr(sb, " (not settled)");
}

bool sweep_is_repeated(const struct sweep *sweep, size_t index)
{
	const struct sweep_cliff *cliff = &sweep->cliffs[index];

	for (size_t i = 0; cliff->is_common && i < index; i++)
		if (sweep->cliffs[i].is_common && sweep->cliffs[i].low_case < cliff->high_case &&
		    cliff->low_case < sweep->cliffs[i].high_case)
			return true;
	return false;
}

static void add_range(struct strbuf *sb, const struct result *result)
{
	const struct sweep *sweep = result->sweep;

	strbuf_addf(sb, "%s ", sweep->parameter);
	sweep_add_value(sb, result, sweep->axis.low);
	strbuf_addstr(sb, " to ");
	sweep_add_value(sb, result, sweep->axis.high);
}

void add_sweep_subject(struct strbuf *sb, const struct production *production)
{
	add_range(sb, production->result);
	strbuf_addstr(sb, " in ");
	add_counted(sb, production->result->case_count, "case");
}

void add_sweep_verdict(struct strbuf *sb, const struct production *production)
{
	const struct result *result = production->result;

	if (result->sweep->cliff_count) {
		sweep_add_cliff_text(sb, result, &result->sweep->cliffs[0]);
		return;
	}
	if (result->partial)
		strbuf_addstr(sb, "no cliff so far in ");
	else
		strbuf_addf(sb, "no cliff: nobody's %s or faults jump beyond the noise in ",
			    sweep_judged_by(result));
	add_range(sb, result);
}

void say_sweep(const struct production *production)
{
	const struct result *result = production->result;
	const struct sweep *sweep = result->sweep;
	size_t said = 0, more = 0;

	for (size_t i = 0; i < sweep->cliff_count; i++) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
		const char *text = sweep->cliffs[i].threshold.text;

		if (sweep_is_repeated(sweep, i))
			continue;
		if (production->emitter->brief && said == CLIFFS_SHOWN) {
			more++;
			continue;
		}
		sweep_add_cliff_text(&sb, result, &sweep->cliffs[i]);
		production->emitter->note(production->self, said++ ? NOTE_PLAIN : NOTE_VERDICT,
					  sb.buf);
		if (text && !production->emitter->brief)
			production->emitter->note(production->self, NOTE_DETAIL, text);
	}
	if (more)
		say(production, NOTE_PLAIN, "and %zu more cliffs", more);
	if (!sweep->cliff_count) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		add_sweep_verdict(&sb, production);
		production->emitter->note(production->self, NOTE_VERDICT, sb.buf);
	}
}

/* The columns: the value, and for each contender its ratio, and in a whole table its faults; the baseline has faults alone. */
struct sweep_table {
	const struct production *production;
	struct column *columns;
	struct cell *cells;
	char **texts; /* of cells of faults, freed after each row */
	size_t count;
	bool with_faults;
};

static void fill_faults(struct sweep_table *table, size_t at, size_t case_index,
			size_t contender_index)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	double faults = sweep_faults(table->production->result, case_index, contender_index);

	if (isnan(faults))
		strbuf_addch(&sb, '-');
	else
		add_faults(&sb, faults);
	free(table->texts[at]);
	table->texts[at] = strbuf_detach(&sb);
	table->cells[at] = cell_of_text(table->texts[at]);
}

static void say_value(struct sweep_table *table, size_t case_index)
{
	const struct production *production = table->production;
	_cleanup_strbuf_ struct strbuf value = STRBUF_INIT;
	size_t at = 0;

	sweep_add_value(&value, production->result, sweep_value(production->result, case_index));
	table->cells[at++] = cell_of_text(value.buf);
	if (table->with_faults)
		fill_faults(table, at++, case_index, production->baseline);
	for (size_t i = 0; i < production->contender_count; i++) {
		size_t contender = production->contenders[i];
		const struct summary *time = judged_of(production, case_index, contender);
		struct cell cell = cell_of_ratio(time ? time->ratio : NAN);

		if (table->with_faults && time && time->has_verdict)
			cell.kind = CELL_OUTCOME;
		cell.verdict = time ? time->verdict : VERDICT_UNCLEAR;
		cell.settled = time && time->has_verdict &&
			       (time->verdict == VERDICT_FASTER || time->verdict == VERDICT_SLOWER);
		table->cells[at++] = cell;
		if (table->with_faults)
			fill_faults(table, at++, case_index, contender);
	}
	production->emitter->row(production->self, ROW_PLAIN, table->cells);
}

static void table_init(struct sweep_table *table, const struct production *production,
		       bool with_faults)
{
	const struct result *result = production->result;
	size_t count = 1 + with_faults + (1 + with_faults) * production->contender_count, at = 0;

	*table = (struct sweep_table){
		.production = production,
		.columns = xcalloc(count, sizeof(*table->columns)),
		.cells = xcalloc(count, sizeof(*table->cells)),
		.texts = xcalloc(count, sizeof(*table->texts)),
		.count = count,
		.with_faults = with_faults,
	};
	table->columns[at++] = (struct column){ .title = result->sweep->parameter };
	if (with_faults)
		table->columns[at++] = (struct column){
			.title = production->baseline_name,
			.explanation = "page faults of the baseline",
			.numeric = true,
		};
	for (size_t i = 0; i < production->contender_count; i++) {
		table->columns[at++] = (struct column){
			.title = result->contenders[production->contenders[i]].name,
			.numeric = true,
		};
		if (with_faults)
			table->columns[at++] = (struct column){
				.title = "faults",
				.numeric = true,
				.with_previous = true,
			};
	}
}

static void table_release(struct sweep_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->texts[i]);
	free(table->texts);
	free(table->columns);
	free(table->cells);
}

static void say_table(struct sweep_table *table, const bool *shown)
{
	const struct production *production = table->production;
	const struct table head = { table->with_faults ? TABLE_MATRIX : TABLE_DETAIL,
				    table->columns, table->count };
	_cleanup_free_ char *title = xasprintf("%s", production->result->sweep->parameter);

	production->emitter->table_begin(production->self, &head);
	production->emitter->group_begin(production->self, title, NULL);
	for (size_t i = 0; i < production->result->case_count; i++)
		if (!shown || shown[i])
			say_value(table, i);
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
}

/* The ends of the range and of the cliffs, as many as there is room for, and then values between them. */
static void choose_values(const struct production *production, size_t room, bool *shown)
{
	const struct result *result = production->result;
	const struct sweep *sweep = result->sweep;
	size_t count = result->case_count, n = 0;

	shown[0] = shown[count - 1] = true;
	n = count > 1 ? 2 : 1;
	for (size_t i = 0; i < sweep->cliff_count; i++) {
		size_t ends[] = { sweep->cliffs[i].low_case, sweep->cliffs[i].high_case };

		for (int k = 0; k < 2; k++)
			if (!shown[ends[k]] && n < room) {
				shown[ends[k]] = true;
				n++;
			}
	}
	for (size_t step = (count + room - 1) / room, i = step; step && i < count && n < room;
	     i += step)
		if (!shown[i]) {
			shown[i] = true;
			n++;
		}
}

void produce_sweep_brief(const struct production *production)
{
	const struct emitter *emitter = production->emitter;
	size_t room = emitter->room ? emitter->room(production->self) : SIZE_MAX;
	_cleanup_free_ bool *shown = xcalloc(production->result->case_count + 1, sizeof(*shown));
	struct sweep_table table;

	if (!production->result->case_count || !production->contender_count)
		return;
	if (room < SIZE_MAX)
		room = room > LINES_BELOW + LINES_AROUND + 2 ? room - LINES_BELOW - LINES_AROUND
							     : 2;
	if (room > production->result->case_count)
		room = production->result->case_count;
	choose_values(production, room, shown);
	table_init(&table, production, false);
	say_table(&table, shown);
	table_release(&table);
	size_t more = 0;
	for (size_t i = 0; i < production->result->case_count; i++)
		more += !shown[i];
	if (more)
		say(production, NOTE_FOOT, "ratios of %s to %s; %zu more values: --details",
		    production->metric_label, production->baseline_name, more);
}

void produce_sweep(const struct production *production)
{
	struct sweep_table table;

	if (!production->result->sweep || !production->result->case_count ||
	    production->baseline == SIZE_MAX)
		return;
	_cleanup_free_ char *heading =
		xasprintf("Every value: ratio of %s to %s, then page faults %s",
			  production->metric_label, production->baseline_name,
			  sweep_counts_operations(production->result) ? "an operation" : "a run");
	production->emitter->heading(production->self, heading);
	table_init(&table, production, true);
	say_table(&table, NULL);
	table_release(&table);
}
