/* SPDX-License-Identifier: MIT */
/* From the curves of a sweep to its cliffs: what is one jump of a contender, and what is everybody's. */
#include "model/sweep-cliffs.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/sweep-curves.h"

static bool overlap(const struct sweep_cliff *a, const struct sweep_cliff *b)
{
	return a->low_case < b->high_case && b->low_case < a->high_case;
}

/* One step shows in both curves, in one perhaps less closely: the closer one tells where it is. */
static struct sweep_cliff *place_for(struct sweep *sweep, const struct sweep_cliff *found)
{
	for (size_t i = 0; i < sweep->cliff_count; i++) {
		struct sweep_cliff *known = &sweep->cliffs[i];

		if (known->contender_index != found->contender_index || !overlap(known, found))
			continue;
		if (found->high_case - found->low_case < known->high_case - known->low_case) {
			known->low_case = found->low_case;
			known->high_case = found->high_case;
			known->is_narrow = found->is_narrow;
		}
		known->is_settled = known->is_settled || found->is_settled;
		return known;
	}
	struct sweep_cliff *added = sweep_add_cliff(sweep);
	added->contender_index = found->contender_index;
	added->low_case = found->low_case;
	added->high_case = found->high_case;
	added->is_narrow = found->is_narrow;
	added->is_settled = found->is_settled;
	return added;
}

static void take_curve(struct result *result, size_t contender_index, enum sweep_curve which)
{
	struct sweep *sweep = result->sweep;
	_cleanup_free_ struct cliff_point *points =
		xcalloc(result->case_count + 1, sizeof(*points));
	_cleanup_free_ struct cliff *cliffs = xcalloc(result->case_count + 1, sizeof(*cliffs));
	struct cliff_curve curve = { .points = points, .count = result->case_count };
	const struct cliff_rule rule = sweep_rule(sweep);

	if (!sweep_fill_curve(result, contender_index, which, points, &curve.step))
		return;
	size_t count = cliffs_find(&curve, &rule, cliffs);
	for (size_t i = 0; i < count; i++) {
		const struct sweep_cliff found = {
			.contender_index = contender_index,
			.low_case = cliffs[i].low,
			.high_case = cliffs[i].high,
			.is_narrow = cliffs[i].is_narrow,
			.is_settled = cliffs[i].is_settled,
		};
		struct sweep_cliff *cliff = place_for(sweep, &found);

		cliff->by_time = cliff->by_time || which == SWEEP_TIME;
		cliff->by_faults = cliff->by_faults || which == SWEEP_FAULTS;
	}
}

/*
 * Without a limit, a jump of the baseline shows as one of each contender the other way round. Between values that are next to
 * each other the work is the same, so that only one of the two takes another time.
 */
static bool is_of_baseline(const struct result *result, size_t baseline,
			   const struct sweep_cliff *cliff)
{
	size_t low = cliff->low_case, high = cliff->high_case;
	double own, other;

	if (!cliff->by_time || !cliff->is_narrow || cliff->contender_index == baseline)
		return false;
	own = sweep_own_change(result, cliff->contender_index, low, high);
	other = sweep_own_change(result, baseline, low, high);
	return fabs(log(other)) > fabs(log(own));
}

static void drop_empty(struct sweep *sweep)
{
	size_t kept = 0;

	for (size_t i = 0; i < sweep->cliff_count; i++)
		if (sweep->cliffs[i].by_time || sweep->cliffs[i].by_faults)
			sweep->cliffs[kept++] = sweep->cliffs[i];
	sweep->cliff_count = kept;
}

static void give_to_baseline(struct result *result)
{
	struct sweep *sweep = result->sweep;
	size_t baseline = result_find_role(result, ROLE_BASELINE);

	if (baseline == SIZE_MAX || result_find_role(result, ROLE_LIMIT) != SIZE_MAX)
		return;
	for (size_t i = 0; i < sweep->cliff_count; i++) {
		struct sweep_cliff found = sweep->cliffs[i];

		if (!is_of_baseline(result, baseline, &found))
			continue;
		sweep->cliffs[i].by_time = false;
		found.contender_index = baseline;
		place_for(sweep, &found)->by_time = true;
	}
	drop_empty(sweep);
}

/* What both curves say at the two ends; of a baseline without a curve of time its own time. */
static void take_figures(const struct result *result, struct sweep_cliff *cliff)
{
	_cleanup_free_ struct cliff_point *points =
		xcalloc(result->case_count + 1, sizeof(*points));
	double step;

	if (sweep_fill_curve(result, cliff->contender_index, SWEEP_TIME, points, &step))
		cliff->time_change = exp(points[cliff->high_case].y - points[cliff->low_case].y);
	else if (cliff->by_time)
		cliff->time_change = sweep_own_change(result, cliff->contender_index,
						      cliff->low_case, cliff->high_case);
	cliff->faults_low = sweep_faults(result, cliff->low_case, cliff->contender_index);
	cliff->faults_high = sweep_faults(result, cliff->high_case, cliff->contender_index);
}

/* Whether two cliffs are of the same curve, and go the same way: times, or for one of faults alone faults. */
static bool is_alike(const struct sweep_cliff *cliff, const struct sweep_cliff *other)
{
	if (cliff->by_time)
		return other->by_time && (other->time_change > 1) == (cliff->time_change > 1);
	return other->by_faults &&
	       (other->faults_high > other->faults_low) == (cliff->faults_high > cliff->faults_low);
}

static bool is_shared_by(const struct sweep *sweep, const struct sweep_cliff *cliff,
			 size_t contender_index)
{
	for (size_t i = 0; i < sweep->cliff_count; i++) {
		const struct sweep_cliff *other = &sweep->cliffs[i];

		if (other->contender_index == contender_index && overlap(other, cliff) &&
		    is_alike(cliff, other))
			return true;
	}
	return false;
}

static bool takes_part(const struct contender *contender)
{
	return !contender->withdrawn &&
	       (contender->role == ROLE_CONTENDER || contender->role == ROLE_BASELINE);
}

static bool is_common(const struct result *result, const struct sweep_cliff *cliff)
{
	size_t others = 0;

	for (size_t i = 0; i < result->contender_count; i++) {
		if (!takes_part(&result->contenders[i]) || i == cliff->contender_index)
			continue;
		if (!is_shared_by(result->sweep, cliff, i))
			return false;
		others++;
	}
	return others > 1;
}

/* How far a cliff goes, in whichever of its curves it goes farther. */
static double size_of(const struct sweep_cliff *cliff)
{
	double time = cliff->by_time ? fabs(log(cliff->time_change)) : 0, faults = 0;

	if (cliff->by_faults)
		faults = fabs(log((cliff->faults_high + SWEEP_FAULTS_FEW) /
				  (cliff->faults_low + SWEEP_FAULTS_FEW)));
	return fmax(isnan(time) ? 0 : time / log(SWEEP_TIME_STEP),
		    isnan(faults) ? 0 : faults / log(SWEEP_FAULTS_STEP));
}

static int compare_cliffs(const void *a, const void *b)
{
	const struct sweep_cliff *x = a, *y = b;
	double difference = size_of(y) - size_of(x);

	if (x->is_common != y->is_common)
		return x->is_common ? 1 : -1;
	if (x->is_settled != y->is_settled)
		return x->is_settled ? -1 : 1;
	return difference < 0 ? -1 : difference > 0;
}

void sweep_find_cliffs(struct result *result)
{
	struct sweep *sweep = result->sweep;

	for (size_t i = 0; i < result->contender_count; i++) {
		if (!takes_part(&result->contenders[i]))
			continue;
		for (int which = 0; which < SWEEP_CURVES; which++)
			take_curve(result, i, (enum sweep_curve)which);
	}
	give_to_baseline(result);
	for (size_t i = 0; i < sweep->cliff_count; i++)
		take_figures(result, &sweep->cliffs[i]);
	for (size_t i = 0; i < sweep->cliff_count; i++)
		sweep->cliffs[i].is_common = is_common(result, &sweep->cliffs[i]);
	if (sweep->cliff_count)
		qsort(sweep->cliffs, sweep->cliff_count, sizeof(*sweep->cliffs), compare_cliffs);
}
