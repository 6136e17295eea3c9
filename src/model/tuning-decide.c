/* SPDX-License-Identifier: MIT */
/* model/tuning: what becomes of each finalist. */
#include <math.h>

#include "model/result.h"
#include "model/tuning.h"

static const struct summary *summary_of(const struct result *result, size_t case_index,
					const struct tuning_finalist *finalist,
					enum metric_id metric)
{
	return result_find_summary(result, case_index, finalist->contender_index, metric);
}

/* The ratio of a summary, turned so that less is better; NAN without one. */
static double cost_ratio(const struct result *result, const struct summary *summary)
{
	if (!summary)
		return NAN;
	return result_metric_better(result, summary->metric) == BETTER_HIGHER ? 1 / summary->ratio
									      : summary->ratio;
}

static double memory_ratio(const struct result *result, const struct tuning_finalist *finalist)
{
	const struct summary *summary = summary_of(result, 0, finalist, METRIC_PEAK_RSS_BYTES);

	return summary ? summary->ratio : NAN;
}

static double score_of(const struct result *result, const struct tuning_finalist *finalist)
{
	const struct summary *time = summary_of(result, 0, finalist, result->command.metric);

	return tuning_score(result->tuning->preference, log(cost_ratio(result, time)),
			    log(memory_ratio(result, finalist)));
}

bool tuning_is_small_memory(const struct result *result, const struct summary *summary)
{
	if (summary->metric != METRIC_PEAK_RSS_BYTES)
		return false;
	const struct summary *initial =
		result_find_summary(result, summary->case_index,
				    result_find_role(result, ROLE_BASELINE), summary->metric);
	return initial && summary->estimate - initial->estimate < TUNING_MEMORY_SMALL_BYTES;
}

/* Whether the interval of a ratio shows that it is worse than the guard's margin. */
static bool is_worse(const struct result *result, const struct summary *summary)
{
	double limit = 1 + result->tuning->guard_margin_pct / 100;
	double low;

	if (!summary || isnan(summary->ratio) || tuning_is_small_memory(result, summary))
		return false;
	low = result_metric_better(result, summary->metric) == BETTER_HIGHER
		      ? 1 / summary->ratio_high
		      : summary->ratio_low;
	return cost_ratio(result, summary) > limit && low > 1;
}

/* Whether it looks worse than the margin, surely or not. */
static bool is_doubtful(const struct result *result, const struct summary *summary)
{
	return summary && !isnan(summary->ratio) && !tuning_is_small_memory(result, summary) &&
	       cost_ratio(result, summary) > 1 + result->tuning->guard_margin_pct / 100;
}

/* Whether the whole interval lies beyond the margin. */
static bool is_beyond(const struct result *result, const struct summary *summary)
{
	double limit = 1 + result->tuning->guard_margin_pct / 100;

	return result_metric_better(result, summary->metric) == BETTER_HIGHER
		       ? 1 / summary->ratio_high > limit
		       : summary->ratio_low > limit;
}

static bool is_open(const struct result *result, const struct summary *summary)
{
	return is_doubtful(result, summary) && !is_beyond(result, summary);
}

bool tuning_summary_holds(const struct result *result, const struct summary *summary)
{
	double limit = 1 + result->tuning->guard_margin_pct / 100;

	if (!summary || isnan(summary->ratio) || tuning_is_small_memory(result, summary))
		return true;
	if (result_metric_better(result, summary->metric) == BETTER_HIGHER)
		return 1 / summary->ratio_low <= limit;
	return summary->ratio_high <= limit;
}

bool tuning_guard_holds(const struct result *result, const struct tuning_finalist *finalist,
			size_t case_index)
{
	return tuning_summary_holds(result, summary_of(result, case_index, finalist,
						       result->command.metric)) &&
	       tuning_summary_holds(result, summary_of(result, case_index, finalist,
						       METRIC_PEAK_RSS_BYTES));
}

bool tuning_guard_settled(const struct result *result, const struct tuning_finalist *finalist,
			  size_t case_index)
{
	const struct summary *time =
		summary_of(result, case_index, finalist, result->command.metric);

	if (!time || !time->rounds)
		return false;
	return tuning_guard_holds(result, finalist, case_index) || is_worse(result, time) ||
	       is_worse(result, summary_of(result, case_index, finalist, METRIC_PEAK_RSS_BYTES));
}

bool tuning_guard_open(const struct result *result, const struct tuning_finalist *finalist,
		       size_t case_index)
{
	return is_open(result, summary_of(result, case_index, finalist, result->command.metric)) ||
	       is_open(result, summary_of(result, case_index, finalist, METRIC_PEAK_RSS_BYTES));
}

/*
 * The first guard that gets worse; SIZE_MAX: none. *ret_all: whether each guard was run; *ret_doubtful: the first that looks
 * worse than the margin, though its interval does not show it.
 */
static size_t failed_guard(const struct result *result, const struct tuning_finalist *finalist,
			   bool *ret_all, size_t *ret_doubtful)
{
	*ret_all = true;
	*ret_doubtful = SIZE_MAX;
	for (size_t i = 1; i < result->case_count; i++) {
		const struct summary *time =
			summary_of(result, i, finalist, result->command.metric);
		const struct summary *memory =
			summary_of(result, i, finalist, METRIC_PEAK_RSS_BYTES);

		if (!time || !time->rounds)
			*ret_all = false;
		else if (is_worse(result, time) || is_worse(result, memory))
			return i;
		else if (*ret_doubtful == SIZE_MAX &&
			 (is_doubtful(result, time) || is_doubtful(result, memory)))
			*ret_doubtful = i;
	}
	return SIZE_MAX;
}

/* *ret_complete: it could be recommended, as far as it alone decides. */
static enum tuning_end end_of(const struct result *result, const struct tuning_finalist *finalist,
			      size_t *ret_case, bool *ret_complete)
{
	const struct summary *time = summary_of(result, 0, finalist, result->command.metric);
	const double worth = log1p(result->command.margin_pct / 100);

	size_t doubtful;

	*ret_case = failed_guard(result, finalist, ret_complete, &doubtful);
	if (!time || !time->has_verdict)
		return FINALIST_UNCONFIRMED;
	if (time->verdict != VERDICT_FASTER &&
	    !(result->tuning->preference == PREFER_MEMORY && time->verdict == VERDICT_TIE))
		return FINALIST_UNCONFIRMED;
	if (score_of(result, finalist) > -worth)
		return FINALIST_MEMORY;
	if (*ret_case != SIZE_MAX)
		return FINALIST_GUARD;
	*ret_case = doubtful;
	return doubtful == SIZE_MAX ? FINALIST_CONFIRMED : FINALIST_UNSETTLED;
}

void tuning_decide(struct result *result)
{
	struct tuning *tuning = result->tuning;
	struct tuning_finalist *best = NULL;

	for (size_t i = 0; i < tuning->finalist_count; i++) {
		struct tuning_finalist *finalist = &tuning->finalists[i];
		bool complete;

		if (finalist->end == FINALIST_GROWS)
			continue;
		finalist->end = end_of(result, finalist, &finalist->case_index, &complete);
		if (finalist->end == FINALIST_CONFIRMED && complete &&
		    (!best || score_of(result, finalist) < score_of(result, best)))
			best = finalist;
	}
	if (best)
		best->end = FINALIST_RECOMMENDED;
}

size_t tuning_next_to_guard(const struct result *result)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < result->tuning->finalist_count; i++) {
		const struct tuning_finalist *finalist = &result->tuning->finalists[i];
		size_t doubtful;
		bool complete;

		if (finalist->end != FINALIST_CONFIRMED)
			continue;
		(void)failed_guard(result, finalist, &complete, &doubtful);
		if (complete && result->case_count > 1)
			continue;
		if (best == SIZE_MAX ||
		    score_of(result, finalist) < score_of(result, &result->tuning->finalists[best]))
			best = i;
	}
	return best;
}
