/* SPDX-License-Identifier: MIT */
/* model/tuning: what becomes of each finalist. */
#include <math.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
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

/* What one finalist must be better by for its further settings to be worth it: smaller differences are not called. */
static double worth_of(const struct result *result)
{
	double pct = result->command.margin_pct;

	if (result->noise_floor_pct > pct)
		pct = result->noise_floor_pct;
	return log1p(pct / 100);
}

static size_t settings_of(const struct result *result, const struct tuning_finalist *finalist)
{
	return result->contenders[finalist->contender_index].setting_count;
}

/* Of those that are as good as the best, the one of fewest settings; of as many, the better. SIZE_MAX: none is wanted. */
static size_t choose(const struct result *result, const bool *wanted)
{
	const struct tuning *tuning = result->tuning;
	double best = INFINITY;
	size_t chosen = SIZE_MAX;

	for (size_t i = 0; i < tuning->finalist_count; i++)
		if (wanted[i])
			best = fmin(best, score_of(result, &tuning->finalists[i]));
	for (size_t i = 0; i < tuning->finalist_count; i++) {
		const struct tuning_finalist *finalist = &tuning->finalists[i];
		const struct tuning_finalist *other =
			chosen == SIZE_MAX ? NULL : &tuning->finalists[chosen];

		if (!wanted[i] || !(score_of(result, finalist) <= best + worth_of(result)))
			continue;
		if (!other || settings_of(result, finalist) < settings_of(result, other) ||
		    (settings_of(result, finalist) == settings_of(result, other) &&
		     score_of(result, finalist) < score_of(result, other)))
			chosen = i;
	}
	return chosen;
}

void tuning_decide(struct result *result)
{
	struct tuning *tuning = result->tuning;
	_cleanup_free_ bool *wanted = xcalloc(tuning->finalist_count + 1, sizeof(*wanted));

	for (size_t i = 0; i < tuning->finalist_count; i++) {
		struct tuning_finalist *finalist = &tuning->finalists[i];
		bool complete;

		if (finalist->end == FINALIST_GROWS)
			continue;
		finalist->end = end_of(result, finalist, &finalist->case_index, &complete);
		wanted[i] = finalist->end == FINALIST_CONFIRMED && complete;
	}
	size_t best = choose(result, wanted);
	if (best != SIZE_MAX)
		tuning->finalists[best].end = FINALIST_RECOMMENDED;
}

size_t tuning_next_to_guard(const struct result *result)
{
	const struct tuning *tuning = result->tuning;
	_cleanup_free_ bool *wanted = xcalloc(tuning->finalist_count + 1, sizeof(*wanted));

	for (size_t i = 0; i < tuning->finalist_count; i++) {
		size_t doubtful;
		bool complete;

		(void)failed_guard(result, &tuning->finalists[i], &complete, &doubtful);
		wanted[i] = tuning->finalists[i].end == FINALIST_CONFIRMED &&
			    !(complete && result->case_count > 1);
	}
	return choose(result, wanted);
}
