/* SPDX-License-Identifier: MIT */
#include "report/columns.h"

#include <math.h>

#include "report/effects.h"
#include "report/marks.h"

static double estimate(const struct column_subject *subject, enum metric_id metric)
{
	return lookup_estimate(&subject->production->lookup, subject->case_index,
			       subject->contender_index, metric);
}

static const struct summary *judged(const struct column_subject *subject)
{
	return judged_of(subject->production, subject->case_index, subject->contender_index);
}

bool column_is_baseline(const struct column_subject *subject)
{
	return subject->contender_index == subject->production->baseline;
}

bool column_is_limit(const struct column_subject *subject)
{
	return subject->contender_index == subject->production->limit;
}

static void fill_value(const struct column_subject *subject, enum metric_id metric,
		       struct cell *cell)
{
	cell->kind = CELL_VALUE;
	cell->unit = metric_info(metric)->unit;
	cell->value = estimate(subject, metric);
	const struct summary *summary =
		lookup_summary(&subject->production->lookup, subject->case_index,
			       subject->contender_index, metric);
	cell->two_modes = summary && summary_has_modes(summary);
}

static void fill_judged(const struct column_subject *subject, struct cell *cell)
{
	fill_value(subject, subject->production->metric, cell);
}

static void fill_time(const struct column_subject *subject, struct cell *cell)
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

/* The baseline's ratio to itself is 1 by definition: its cells stay empty. */
static void fill_judged_ratio(const struct column_subject *subject, struct cell *cell)
{
	const struct summary *summary = judged(subject);

	if (column_is_baseline(subject))
		return;
	cell->kind = CELL_RATIO;
	cell->value = summary ? summary->ratio : NAN;
	if (!column_is_limit(subject))
		judge(summary, cell);
	cell->contrary = marks_are_contrary(subject->production, subject->case_index,
					    subject->contender_index);
}

static void fill_interval_of(const struct summary *summary, const struct column_subject *subject,
			     struct cell *cell)
{
	if (column_is_baseline(subject))
		return;
	if (summary && !isnan(summary->ratio_low) && !summary_has_interval(summary)) {
		cell->text = "too few rounds";
		return;
	}
	cell->kind = CELL_INTERVAL;
	cell->low = summary ? summary->ratio_low : NAN;
	cell->high = summary ? summary->ratio_high : NAN;
}

static void fill_interval(const struct column_subject *subject, struct cell *cell)
{
	fill_interval_of(judged(subject), subject, cell);
}

static void fill_bar(const struct column_subject *subject, struct cell *cell)
{
	const struct summary *summary = judged(subject);

	cell->kind = CELL_BAR;
	cell->value = summary ? summary->ratio : NAN;
	if (column_is_baseline(subject) && !subject->alone)
		cell->value = 1;
	cell->high = subject->bar_max;
	if (!column_is_limit(subject))
		judge(summary, cell);
}

/* The word in place of a verdict. */
static const char *missing_verdict(const struct column_subject *subject,
				   const struct summary *summary)
{
	const struct result *result = subject->production->result;

	if (!summary || result_failed(result, subject->case_index, subject->contender_index))
		return "failed";
	return result_withheld(result, subject->case_index, subject->contender_index) ? "withheld"
										      : "-";
}

static void fill_verdict(const struct column_subject *subject, struct cell *cell)
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
		cell->text = missing_verdict(subject, summary);
	}
	cell->partial = effects_are_partial(subject->production, subject->case_index,
					    subject->contender_index);
}

static void fill_memory(const struct column_subject *subject, struct cell *cell)
{
	fill_value(subject, subject->production->memory, cell);
}

static const struct summary *memory_of(const struct column_subject *subject)
{
	return lookup_summary(&subject->production->lookup, subject->case_index,
			      subject->contender_index, subject->production->memory);
}

static void fill_memory_ratio(const struct column_subject *subject, struct cell *cell)
{
	if (column_is_baseline(subject))
		return;
	*cell = cell_of_memory(memory_of(subject));
	if (!column_is_limit(subject))
		return;
	cell->text = NULL;
	cell->settled = false;
}

static void fill_memory_interval(const struct column_subject *subject, struct cell *cell)
{
	fill_interval_of(memory_of(subject), subject, cell);
}

static void fill_largest(const struct column_subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_PEAK_RSS_BYTES, cell);
}

static void fill_mean_memory(const struct column_subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_MEAN_RSS_BYTES, cell);
}

static void fill_faults(const struct column_subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_MINOR_FAULTS, cell);
}

static void fill_headroom(const struct column_subject *subject, struct cell *cell)
{
	const struct summary *summary = judged(subject);

	if (column_is_limit(subject))
		return;
	cell->kind = CELL_RATIO;
	cell->value = summary ? summary->headroom : NAN;
}

static void fill_kernel(const struct column_subject *subject, struct cell *cell)
{
	double user = estimate(subject, METRIC_USER_NS);
	double sys = estimate(subject, METRIC_SYS_NS);

	cell->kind = CELL_PERCENT;
	cell->value = user + sys > 0 ? 100 * sys / (user + sys) : NAN;
}

static double lost_events(const struct column_subject *subject)
{
	return loss_events(&subject->production->loss, subject->case_index,
			   subject->contender_index);
}

/* Both counts are of the observed runs: another run may have many more, or fewer. */
static void fill_refaults(const struct column_subject *subject, struct cell *cell)
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

static void fill_purges(const struct column_subject *subject, struct cell *cell)
{
	fill_value(subject, METRIC_MADVISE_DONTNEED_CALLS, cell);
	cell->value += estimate(subject, METRIC_MADVISE_FREE_CALLS);
	cell->lossy = lost_events(subject) > 0;
}

bool columns_have(const struct production *production, enum metric_id metric)
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

static bool has_tree(const struct production *production)
{
	return production->memory == METRIC_PEAK_TREE_BYTES;
}

static bool has_no_tree(const struct production *production)
{
	return !has_tree(production);
}

static bool has_mean_memory(const struct production *production)
{
	return columns_have(production, METRIC_MEAN_RSS_BYTES);
}

static bool has_refaults(const struct production *production)
{
	return columns_have(production, METRIC_REFAULTS);
}

static bool has_purges(const struct production *production)
{
	return columns_have(production, METRIC_MADVISE_DONTNEED_CALLS);
}

const struct column_rule column_rules[] = {
	{ "time", "median over the rounds of the measured phase's wall time", true, 0, fill_time,
	  judges_by_time, false },
	{ "ratio", "time / the baseline's time in the same round; below 1 is faster", true, 0,
	  fill_judged_ratio, judges_by_time, false },
	{ NULL, "what contenders are judged by: the median over the rounds", true, 0, fill_judged,
	  judges_by_other, false },
	{ "ratio", "that / the baseline's in the same round", true, 0, fill_judged_ratio,
	  judges_by_other, false },
	{ "interval", "of that ratio; the intervals of a case hold all together", false, 2,
	  fill_interval, NULL, false },
	{ "", "the ratio as a length; the mark is the baseline", false, 3, fill_bar, NULL, false },
	{ "verdict",
	  "faster or slower: settled; tie: settled as equal; unclear: more rounds needed", false, 0,
	  fill_verdict, NULL, false },
	{ "memory", "peak resident memory of the process", true, 0, fill_memory, has_no_tree,
	  false },
	{ "memory", "peak memory of all processes of the run together", true, 0, fill_memory,
	  has_tree, false },
	{ "ratio", "peak memory / the baseline's, and whether that is settled", false, 0,
	  fill_memory_ratio, NULL, false },
	{ "interval", "of that ratio", false, 5, fill_memory_interval, NULL, false },
	{ "largest", "peak resident memory of the largest process", true, 1, fill_largest, has_tree,
	  true },
	{ "time", "median over the rounds of the wall time", true, 4, fill_time, judges_by_other,
	  true },
	{ "faults", "minor page faults in the measured phase", true, 6, fill_faults, NULL, true },
	{ "limit",
	  "how far from almost free allocation: time / that of the same case on a recycled pool",
	  true, 7, fill_headroom, has_limit, true },
	{ "kernel", "the kernel's share of the CPU time", true, 8, fill_kernel, NULL, true },
	{ "mean memory", "resident memory over the time of the run", true, 10, fill_mean_memory,
	  has_mean_memory, true },
	{ "refaults",
	  "the share of the faults that is on pages a purge had taken away, where observed", true,
	  9, fill_refaults, has_refaults, true },
	{ "purges", "madvise(MADV_DONTNEED) and madvise(MADV_FREE) calls", true, 11, fill_purges,
	  has_purges, true },
	{ 0 },
};
