/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/columns.h"
#include "report/effects.h"
#include "report/marks.h"
#include "report/produce.h"

/* Beyond this many times the baseline a bar says no more, and would shrink all others to nothing. */
#define BAR_MAX 4.0

/* The table as it is for one result. */
struct details {
	const struct production *production;
	const struct column_rule *rules[COLUMNS_MAX];
	struct column columns[COLUMNS_MAX];
	struct table table;
};

static void details_init(struct details *details, const struct production *production,
			 const char *first)
{
	size_t count = 0;

	*details = (struct details){ .production = production };
	details->columns[count++] = (struct column){ .title = first };
	for (const struct column_rule *rule = column_rules; rule->fill; rule++) {
		if ((rule->present && !rule->present(production)) ||
		    (rule->once && production->metric != production->result->command.metric))
			continue;
		details->rules[count] = rule;
		details->columns[count++] = (struct column){
			.title = rule->title ? rule->title : production->metric_label,
			.explanation = rule->explanation,
			.numeric = rule->numeric,
			.dispensable = rule->dispensable,
		};
	}
	details->table = (struct table){ TABLE_DETAIL, details->columns, count };
}

static void say_row(const struct details *details, const char *name,
		    const struct column_subject *subject)
{
	const struct production *production = details->production;
	bool reference = column_is_baseline(subject) || column_is_limit(subject);
	struct cell cells[COLUMNS_MAX] = { { .kind = CELL_TEXT, .text = name } };

	for (size_t i = 1; i < details->table.column_count; i++)
		details->rules[i]->fill(subject, &cells[i]);
	production->emitter->row(production->self, reference ? ROW_REFERENCE : ROW_PLAIN, cells);
}

static void raise_bar(const struct production *production, size_t case_index,
		      size_t contender_index, double *bar_max)
{
	const struct summary *summary = judged_of(production, case_index, contender_index);

	if (summary && summary->ratio > *bar_max)
		*bar_max = fmin(summary->ratio, BAR_MAX);
}

/* A block for each case: the baseline, the contenders, the limit. */
static void say_case(const struct details *details, size_t case_index)
{
	const struct production *production = details->production;
	const struct result *result = production->result;
	const struct case_info *info = &result->cases[case_index];
	struct column_subject subject = { production, case_index, production->baseline, 1, false };

	for (size_t i = 0; i < production->contender_count; i++)
		raise_bar(production, case_index, production->contenders[i], &subject.bar_max);
	raise_bar(production, case_index, production->limit, &subject.bar_max);
	production->emitter->group_begin(production->self, info->name, info->description);
	if (production->baseline != SIZE_MAX)
		say_row(details, production->baseline_name, &subject);
	for (size_t i = 0; i < production->contender_count; i++) {
		subject.contender_index = production->contenders[i];
		say_row(details, result->contenders[subject.contender_index].name, &subject);
	}
	subject.contender_index = production->limit;
	if (production->limit != SIZE_MAX && judged_of(production, case_index, production->limit))
		say_row(details, "limit (pool)", &subject);
	production->emitter->group_end(production->self);
}

/* A block for a contender, with a row for each case: what one setting gains and loses. */
static void say_contender(const struct details *details, size_t contender_index)
{
	const struct production *production = details->production;
	const struct result *result = production->result;
	struct column_subject subject = { production, 0, contender_index, 1, true };

	for (size_t i = 0; i < result->case_count; i++)
		raise_bar(production, i, contender_index, &subject.bar_max);
	production->emitter->group_begin(production->self, result->contenders[contender_index].name,
					 contender_index == production->baseline ? "the baseline"
										 : NULL);
	for (size_t i = 0; i < result->case_count; i++) {
		subject.case_index = i;
		say_row(details, result->cases[i].name, &subject);
	}
	production->emitter->group_end(production->self);
}

/* The most that any of the shown runs lost. */
static double most_lost(const struct production *production)
{
	double most = 0;

	for (size_t c = 0; c < production->result->case_count; c++) {
		if (production->baseline != SIZE_MAX)
			most = fmax(most, loss_events(&production->loss, c, production->baseline));
		for (size_t i = 0; i < production->contender_count; i++)
			most = fmax(most,
				    loss_events(&production->loss, c, production->contenders[i]));
	}
	return most;
}

static void say_table(const struct production *production)
{
	/* The guards of a tuning have a table of their own. */
	size_t cases = production->result->tuning ? 1 : production->result->case_count;
	bool by_contender = cases > 1 && production->contender_count == 1;
	struct details details;

	details_init(&details, production, by_contender ? "case" : "contender");
	production->emitter->table_begin(production->self, &details.table);
	for (size_t i = 0; !by_contender && i < cases; i++)
		say_case(&details, i);
	if (by_contender) {
		say_contender(&details, production->contenders[0]);
		if (production->baseline != SIZE_MAX)
			say_contender(&details, production->baseline);
	}
	production->emitter->table_end(production->self);
}

/* The user's own metrics that nothing is judged by. */
static void say_further_metrics(const struct production *production)
{
	const struct command *command = &production->result->command;

	for (size_t i = 1; i < command->own_metric_count; i++) {
		struct production further = *production;

		production_choose_metric(&further, (enum metric_id)(METRIC_CUSTOM + i));
		_cleanup_free_ char *heading = xasprintf("By %s", further.metric_label);
		production->emitter->heading(production->self, heading);
		say_table(&further);
		say_marks(&further);
	}
}

void produce_details(const struct production *production)
{
	if (!production->result->case_count ||
	    (production->baseline == SIZE_MAX && !production->contender_count))
		return;
	if (production->emitter->verdicts_first)
		production->emitter->heading(production->self, "Figures");
	say_table(production);
	say_marks(production);
	say_effects(production);
	if (columns_have(production, METRIC_REFAULTS) ||
	    columns_have(production, METRIC_MADVISE_DONTNEED_CALLS))
		say_losses(production, most_lost(production));
	say_further_metrics(production);
}
