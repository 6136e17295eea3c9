/* SPDX-License-Identifier: MIT */
#include "model/summarise.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "stats/noise.h"
#include "stats/ratio.h"
#include "stats/spread.h"

/* The values of one metric in one case: a row of `rounds` for each contender, NAN where unmeasured. */
struct round_table {
	double *values;
	size_t rounds;
};

static bool measured_unobserved(const struct result *result, enum metric_id metric)
{
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (!run->observed && !run->error && metrics_has(&run->metrics, metric))
			return true;
	}
	return false;
}

/* Two groups matter for times, and for what contenders are judged by. */
static bool may_have_modes(const struct result *result, enum metric_id metric)
{
	return metric == METRIC_WALL_NS || metric == METRIC_CPU_NS ||
	       metric == result->command.metric;
}

static struct modes find_modes(const double *row, size_t rounds, double margin_pct)
{
	struct modes modes;

	if (!modes_find(row, rounds, &modes) || modes.high / modes.low < 1 + margin_pct / 100)
		return (struct modes){ 0 };
	return modes;
}

static double *row_of(const struct round_table *table, size_t contender)
{
	return &table->values[contender * table->rounds];
}

static size_t last_round(const struct result *result)
{
	size_t rounds = 0;

	for (size_t i = 0; i < result->run_count; i++)
		if (result->runs[i].round > rounds)
			rounds = result->runs[i].round;
	return rounds;
}

static void table_fill(struct round_table *table, const struct result *result, size_t case_index,
		       enum metric_id metric, bool observed)
{
	for (size_t i = 0; i < result->contender_count * table->rounds; i++)
		table->values[i] = NAN;
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (run->case_index == case_index && run->observed == observed && !run->error &&
		    run->round > 0)
			row_of(table, run->contender_index)[run->round - 1] =
				run->metrics.value[metric];
	}
}

/* Number of contenders whose intervals must hold jointly. */
static size_t count_comparisons(const struct result *result, const struct round_table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < result->contender_count; i++)
		if (result->contenders[i].role == ROLE_CONTENDER &&
		    spread_of(row_of(table, i), table->rounds).count)
			count++;
	return count;
}

/* References and parameters for comparing the rows of one case and metric. */
struct comparison {
	const double *baseline; /* row, or NULL */
	const double *limit;    /* row, or NULL */
	enum metric_better better;
	double confidence; /* of one interval */
	double margin_pct;
	double floor_pct;
};

static void fill_summary(struct summary *summary, const struct comparison *comparison,
			 const double *row, size_t rounds, const struct contender *contender)
{
	struct spread spread = spread_of(row, rounds);

	summary->estimate = spread.median;
	summary->rounds = (unsigned int)spread.count;
	if (comparison->limit && contender->role != ROLE_LIMIT)
		summary->headroom =
			ratio_paired(comparison->limit, row, rounds, comparison->confidence)
				.estimate;
	if (!comparison->baseline || contender->role == ROLE_BASELINE)
		return;
	struct ratio ratio =
		ratio_paired(comparison->baseline, row, rounds, comparison->confidence);
	summary->ratio = ratio.estimate;
	summary->ratio_low = ratio.low;
	summary->ratio_high = ratio.high;
	summary->rounds = (unsigned int)ratio.pairs;
	if (comparison->better == BETTER_NEITHER)
		return;
	/* The twin is judged without the noise floor, which it determines itself. */
	summary->has_verdict = true;
	summary->verdict = verdict_of(&ratio, comparison->margin_pct,
				      contender->role == ROLE_TWIN ? NAN : comparison->floor_pct,
				      comparison->better == BETTER_HIGHER);
}

/* The noise floor of one case; NAN without a twin. */
static double case_floor_pct(const struct result *result, const struct round_table *table)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);
	size_t twin = result_find_role(result, ROLE_TWIN);

	if (baseline == SIZE_MAX || twin == SIZE_MAX)
		return NAN;
	/* The floor uses the standard error, which does not depend on the confidence. */
	struct ratio ratio =
		ratio_paired(row_of(table, baseline), row_of(table, twin), table->rounds, 0.95);
	return noise_floor_pct(&ratio);
}

static void summarise_case(struct result *result, const struct round_table *table,
			   size_t case_index, enum metric_id metric, double confidence,
			   double floor_pct)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);
	size_t limit = result_find_role(result, ROLE_LIMIT);
	const struct comparison comparison = {
		.baseline = baseline != SIZE_MAX ? row_of(table, baseline) : NULL,
		.limit = limit != SIZE_MAX ? row_of(table, limit) : NULL,
		.better = result_metric_better(result, metric),
		.confidence = confidence_each(confidence, count_comparisons(result, table)),
		.margin_pct = result->command.margin_pct,
		.floor_pct = floor_pct,
	};

	for (size_t i = 0; i < result->contender_count; i++) {
		const double *row = row_of(table, i);

		if (!spread_of(row, table->rounds).count)
			continue;
		struct summary *summary = result_add_summary(result);
		summary->case_index = case_index;
		summary->contender_index = i;
		summary->metric = metric;
		if (result->contenders[i].role == ROLE_CONTENDER &&
		    (result_failed(result, case_index, i) ||
		     result_withheld(result, case_index, i)))
			summary->estimate = spread_of(row, table->rounds).median;
		else
			fill_summary(summary, &comparison, row, table->rounds,
				     &result->contenders[i]);
		if (may_have_modes(result, metric))
			summary->modes = find_modes(row, table->rounds, result->command.margin_pct);
	}
}

static struct round_table new_table(const struct result *result)
{
	struct round_table table = { .rounds = last_round(result) };

	table.values = xcalloc(result->contender_count * table.rounds, sizeof(*table.values));
	return table;
}

/* The noise floor of each case; the caller frees. */
static double *case_floors(const struct result *result, struct round_table *table,
			   enum metric_id metric, bool observed)
{
	double *floors_pct = xcalloc(result->case_count + 1, sizeof(*floors_pct));

	for (size_t i = 0; i < result->case_count; i++) {
		table_fill(table, result, i, metric, observed);
		floors_pct[i] = case_floor_pct(result, table);
	}
	return floors_pct;
}

/* Returns the overall noise floor of the metric. */
static double summarise_metric(struct result *result, struct round_table *table,
			       enum metric_id metric, double confidence)
{
	bool observed = !measured_unobserved(result, metric);
	double *floors_pct = case_floors(result, table, metric, observed);
	double overall_pct = noise_floor_overall_pct(floors_pct, result->case_count);

	for (size_t i = 0; i < result->case_count; i++) {
		table_fill(table, result, i, metric, observed);
		summarise_case(result, table, i, metric, confidence,
			       noise_floor_deciding_pct(floors_pct[i], overall_pct));
	}
	free(floors_pct);
	return overall_pct;
}

void result_summarise(struct result *result, double confidence)
{
	struct round_table table = new_table(result);

	result->summary_count = 0;
	for (int id = 0; id < METRIC_COUNT; id++) {
		double floor_pct = summarise_metric(result, &table, (enum metric_id)id, confidence);

		if (id == (int)result->command.metric)
			result->noise_floor_pct = floor_pct;
	}
	free(table.values);
}

double result_noise_floor_pct(const struct result *result, size_t case_index, enum metric_id metric)
{
	struct round_table table = new_table(result);
	double *floors_pct =
		case_floors(result, &table, metric, !measured_unobserved(result, metric));
	double deciding_pct = noise_floor_deciding_pct(
		floors_pct[case_index], noise_floor_overall_pct(floors_pct, result->case_count));

	free(floors_pct);
	free(table.values);
	return deciding_pct;
}

/* Whether there were contenders, and further rounds can tell nothing about any of them. */
static bool nothing_left_to_compare(const struct result *result, size_t case_index)
{
	size_t contenders = 0, left = 0;

	for (size_t i = 0; i < result->contender_count; i++) {
		bool out = result_contender_is_out(result, case_index, i);

		if (result->contenders[i].role == ROLE_BASELINE && out)
			return true;
		contenders += result->contenders[i].role == ROLE_CONTENDER;
		left += result->contenders[i].role == ROLE_CONTENDER && !out;
	}
	return contenders && !left;
}

double result_precision_pct(const struct result *result, size_t case_index, enum metric_id metric)
{
	double worst = NAN;

	if (nothing_left_to_compare(result, case_index))
		return 0;
	for (size_t i = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];

		if (summary->case_index != case_index || summary->metric != metric ||
		    result->contenders[summary->contender_index].role != ROLE_CONTENDER ||
		    result_contender_is_out(result, case_index, summary->contender_index))
			continue;
		struct ratio ratio = {
			.estimate = summary->ratio,
			.low = summary->ratio_low,
			.high = summary->ratio_high,
		};
		double precision = ratio_precision_pct(&ratio);
		if (isnan(precision))
			return NAN;
		worst = isnan(worst) ? precision : fmax(worst, precision);
	}
	return worst;
}
