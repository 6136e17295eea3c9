/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/produce.h"

/* Beyond this many times the baseline a bar says no more, and would shrink all others to nothing. */
#define BAR_MAX 4.0

/* What a row is about. */
struct subject {
	const struct production *production;
	size_t case_index;
	size_t contender_index;
	double bar_max; /* the longest bar of the group */
	bool alone;     /* the group has no other contender to be told apart from */
};

static double estimate(const struct subject *subject, enum metric_id metric)
{
	return lookup_estimate(&subject->production->lookup, subject->case_index,
			       subject->contender_index, metric);
}

static const struct summary *judged(const struct subject *subject)
{
	return judged_of(subject->production, subject->case_index, subject->contender_index);
}

static bool is_baseline(const struct subject *subject)
{
	return subject->contender_index == subject->production->baseline;
}

static bool is_limit(const struct subject *subject)
{
	return subject->contender_index == subject->production->limit;
}

static void fill_value(const struct subject *subject, enum metric_id metric, struct cell *cell)
{
	cell->kind = CELL_VALUE;
	cell->unit = metric_info(metric)->unit;
	cell->value = estimate(subject, metric);
}

static void fill_judged(const struct subject *subject, struct cell *cell)
{
	fill_value(subject, subject->production->metric, cell);
}

static void fill_time(const struct subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_WALL_NS, cell);
}

static void judge(const struct summary *summary, struct cell *cell)
{
	if (!summary || !summary->has_verdict)
		return;
	cell->verdict = summary->verdict;
	cell->settled = summary->verdict == VERDICT_FASTER || summary->verdict == VERDICT_SLOWER;
}

/* The baseline's ratio to itself is no measurement: its cells stay empty. */
static void fill_ratio(const struct subject *subject, enum metric_id metric, struct cell *cell)
{
	const struct summary *summary =
		lookup_summary(&subject->production->lookup, subject->case_index,
			       subject->contender_index, metric);

	if (is_baseline(subject))
		return;
	cell->kind = CELL_RATIO;
	cell->value = summary ? summary->ratio : NAN;
	if (!is_limit(subject))
		judge(summary, cell);
}

static void fill_judged_ratio(const struct subject *subject, struct cell *cell)
{
	fill_ratio(subject, subject->production->metric, cell);
}

static void fill_interval(const struct subject *subject, struct cell *cell)
{
	const struct summary *summary = judged(subject);

	if (is_baseline(subject))
		return;
	cell->kind = CELL_INTERVAL;
	cell->low = summary ? summary->ratio_low : NAN;
	cell->high = summary ? summary->ratio_high : NAN;
}

static void fill_bar(const struct subject *subject, struct cell *cell)
{
	const struct summary *summary = judged(subject);

	cell->kind = CELL_BAR;
	cell->value = summary ? summary->ratio : NAN;
	if (is_baseline(subject) && !subject->alone)
		cell->value = 1;
	cell->high = subject->bar_max;
	if (!is_limit(subject))
		judge(summary, cell);
}

static void fill_verdict(const struct subject *subject, struct cell *cell)
{
	const struct contender *contender =
		&subject->production->result->contenders[subject->contender_index];
	const struct summary *summary = judged(subject);

	if (contender->role == ROLE_BASELINE) {
		cell->text = subject->alone ? NULL : "baseline";
	} else if (contender->role == ROLE_LIMIT) {
		cell->text = "limit";
	} else if (summary && summary->has_verdict) {
		cell->kind = CELL_VERDICT;
		judge(summary, cell);
	} else {
		cell->text = summary ? "-" : "failed";
	}
}

static void fill_memory(const struct subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_PEAK_RSS_BYTES, cell);
}

static void fill_memory_ratio(const struct subject *subject, struct cell *cell)
{
	fill_ratio(subject, METRIC_PEAK_RSS_BYTES, cell);
}

static void fill_mean_memory(const struct subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_MEAN_RSS_BYTES, cell);
}

static void fill_faults(const struct subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_MINOR_FAULTS, cell);
}

static void fill_headroom(const struct subject *subject, struct cell *cell)
{
	const struct summary *summary = judged(subject);

	if (is_limit(subject))
		return;
	cell->kind = CELL_RATIO;
	cell->value = summary ? summary->headroom : NAN;
}

static void fill_kernel(const struct subject *subject, struct cell *cell)
{
	double user = estimate(subject, METRIC_USER_NS);
	double sys = estimate(subject, METRIC_SYS_NS);

	cell->kind = CELL_PERCENT;
	cell->value = user + sys > 0 ? 100 * sys / (user + sys) : NAN;
}

static double lost_events(const struct subject *subject)
{
	return loss_events(&subject->production->loss, subject->case_index,
			   subject->contender_index);
}

/* Both counts are of the observed runs: another run may have many more, or fewer. */
static void fill_refaults(const struct subject *subject, struct cell *cell)
{
	const struct result *result = subject->production->result;
	double faults = 0, refaults = 0;

	cell->kind = CELL_PERCENT;
	cell->value = NAN;
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];
		const double *value = run->metrics.value;

		if (!run->observed || run->error || run->case_index != subject->case_index ||
		    run->contender_index != subject->contender_index)
			continue;
		faults += value[METRIC_MINOR_FAULTS] + value[METRIC_MAJOR_FAULTS];
		refaults += value[METRIC_REFAULTS];
	}
	if (faults > 0)
		cell->value = 100 * refaults / faults;
	cell->lossy = lost_events(subject) > 0;
}

static void fill_purges(const struct subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_MADVISE_DONTNEED_CALLS, cell);
	cell->value += estimate(subject, METRIC_MADVISE_FREE_CALLS);
	cell->lossy = lost_events(subject) > 0;
}

static bool measured(const struct production *production, enum metric_id metric)
{
	for (size_t i = 0; i < production->result->summary_count; i++)
		if (production->result->summaries[i].metric == metric)
			return true;
	return false;
}

static bool judges_by_time(const struct production *production)
{
	return production->metric == METRIC_WALL_NS;
}

static bool judges_by_other(const struct production *production)
{
	return !judges_by_time(production);
}

static bool has_limit(const struct production *production)
{
	return production->limit != SIZE_MAX;
}

static bool has_mean_memory(const struct production *production)
{
	return measured(production, METRIC_MEAN_RSS_BYTES);
}

static bool has_refaults(const struct production *production)
{
	return measured(production, METRIC_REFAULTS);
}

static bool has_purges(const struct production *production)
{
	return measured(production, METRIC_MADVISE_DONTNEED_CALLS);
}

/* The columns after the name, in order. */
struct column_rule {
	const char *title; /* NULL: the metric that contenders are judged by */
	const char *explanation;
	bool numeric;
	unsigned int dispensable;
	void (*fill)(const struct subject *subject, struct cell *cell);
	bool (*present)(const struct production *production); /* NULL: always */
};

static const struct column_rule rules[] = {
	{ "time", "median over the rounds of the measured phase's wall time", true, 0, fill_time,
	  judges_by_time },
	{ "ratio", "time / the baseline's time in the same round; below 1 is faster", true, 0,
	  fill_judged_ratio, judges_by_time },
	{ NULL, "what contenders are judged by: the median over the rounds", true, 0, fill_judged,
	  judges_by_other },
	{ "ratio", "that / the baseline's in the same round", true, 0, fill_judged_ratio,
	  judges_by_other },
	{ "interval", "of that ratio; the intervals of a case hold all together", false, 2,
	  fill_interval, NULL },
	{ "", "the ratio as a length; the mark is the baseline", false, 3, fill_bar, NULL },
	{ "verdict",
	  "faster or slower: settled; tie: settled as equal; unclear: more rounds needed", false, 0,
	  fill_verdict, NULL },
	{ "memory", "peak resident memory of the process", true, 0, fill_memory, NULL },
	{ "ratio", "peak memory / the baseline's", true, 0, fill_memory_ratio, NULL },
	{ "time", "median over the rounds of the wall time", true, 4, fill_time, judges_by_other },
	{ "faults", "minor page faults in the measured phase", true, 5, fill_faults, NULL },
	{ "limit", "time / that of the same case on a recycled pool, the physical floor", true, 6,
	  fill_headroom, has_limit },
	{ "kernel", "the kernel's share of the CPU time", true, 7, fill_kernel, NULL },
	{ "mean memory", "resident memory over the time of the run", true, 8, fill_mean_memory,
	  has_mean_memory },
	{ "refaults",
	  "the share of the faults that is on pages a purge had taken away, where observed", true,
	  9, fill_refaults, has_refaults },
	{ "purges", "madvise(MADV_DONTNEED) and madvise(MADV_FREE) calls", true, 10, fill_purges,
	  has_purges },
};

#define COLUMNS_MAX (1 + ARRAY_SIZE(rules))

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
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct column_rule *rule = &rules[i];

		if (rule->present && !rule->present(production))
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

static void say_row(const struct details *details, const char *name, const struct subject *subject)
{
	const struct production *production = details->production;
	bool reference = is_baseline(subject) || is_limit(subject);
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
	struct subject subject = { production, case_index, production->baseline, 1, false };

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
	struct subject subject = { production, 0, contender_index, 1, true };

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

void produce_details(const struct production *production)
{
	size_t cases = production->result->case_count;
	bool by_contender = cases > 1 && production->contender_count == 1;
	struct details details;

	if (!cases || (production->baseline == SIZE_MAX && !production->contender_count))
		return;
	details_init(&details, production, by_contender ? "case" : "contender");
	if (production->emitter->verdicts_first)
		production->emitter->heading(production->self, "Figures");
	production->emitter->table_begin(production->self, &details.table);
	for (size_t i = 0; !by_contender && i < cases; i++)
		say_case(&details, i);
	if (by_contender) {
		say_contender(&details, production->contenders[0]);
		if (production->baseline != SIZE_MAX)
			say_contender(&details, production->baseline);
	}
	production->emitter->table_end(production->self);
	if (has_refaults(production) || has_purges(production))
		say_losses(production, most_lost(production));
}
