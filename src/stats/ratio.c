/* SPDX-License-Identifier: MIT */
#include "stats/ratio.h"

#include <math.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "stats/location.h"

static bool measured(double value)
{
	return isfinite(value) && value >= 0;
}

/* The logarithm of the quotient of two measured values; infinite where one of them alone is 0. */
static double log_quotient(double baseline, double contender)
{
	if (baseline == 0 && contender == 0)
		return 0;
	return log(contender) - log(baseline);
}

/*
 * Upper bound of the ratio if the contender was 0 in all n rounds: at that confidence, its Poisson
 * rate is below -log(1 - confidence) / n a round, divided by the smallest baseline. NAN if the
 * bound is 1 or more, or for a single round.
 */
static double highest_of_none(double smallest_baseline, size_t rounds, double confidence)
{
	double high = -log1p(-confidence) / (double)rounds / smallest_baseline;

	return rounds > 1 && confidence > 0 && high < 1 ? high : NAN;
}

static void omit_endless(struct ratio *ratio)
{
	if (ratio->low < 1 / RATIO_END || ratio->high > RATIO_END)
		ratio->low = ratio->high = NAN;
}

struct ratio ratio_paired(const double *baseline, const double *contender, size_t rounds,
			  double confidence)
{
	struct ratio ratio = { NAN, NAN, NAN, NAN, 0 };
	_cleanup_free_ double *logs = xcalloc(rounds ? rounds : 1, sizeof(*logs));
	size_t vanished = 0, infinite = 0;
	double smallest_baseline = INFINITY;

	for (size_t i = 0; i < rounds; i++) {
		if (!measured(baseline[i]) || !measured(contender[i]))
			continue;
		double quotient = log_quotient(baseline[i], contender[i]);
		infinite += isinf(quotient) != 0;
		vanished += isinf(quotient) && quotient < 0;
		smallest_baseline = fmin(smallest_baseline, baseline[i]);
		logs[ratio.pairs++] = quotient;
	}
	if (vanished > 0 && vanished == ratio.pairs) {
		ratio.estimate = 0;
		ratio.high = highest_of_none(smallest_baseline, ratio.pairs, confidence);
		ratio.low = isnan(ratio.high) ? NAN : 0;
		return ratio;
	}
	if (infinite > 0)
		return ratio;

	struct location location = location_of(logs, ratio.pairs, confidence);
	ratio.estimate = exp(location.estimate);
	ratio.low = exp(location.low);
	ratio.high = exp(location.high);
	ratio.log_error = location.standard_error;
	omit_endless(&ratio);
	return ratio;
}

struct ratio ratio_change(const struct ratio *now, const struct ratio *then)
{
	struct ratio change = { NAN, NAN, NAN, NAN, 0 };

	if (!(now->estimate > 0) || !(then->estimate > 0))
		return change;
	change.estimate = now->estimate / then->estimate;
	change.low = change.estimate *
		     exp(-hypot(log(now->estimate / now->low), log(then->high / then->estimate)));
	change.high = change.estimate *
		      exp(hypot(log(now->high / now->estimate), log(then->estimate / then->low)));
	omit_endless(&change);
	change.pairs = now->pairs < then->pairs ? now->pairs : then->pairs;
	return change;
}

double confidence_each(double confidence, size_t comparisons)
{
	return comparisons < 2 ? confidence : 1 - (1 - confidence) / (double)comparisons;
}

double ratio_precision_pct(const struct ratio *ratio)
{
	if (isnan(ratio->low) || isnan(ratio->high))
		return NAN;
	if (ratio->estimate == 0)
		return 0;
	return 100 * (fmax(ratio->high / ratio->estimate, ratio->estimate / ratio->low) - 1);
}
