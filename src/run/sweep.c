/* SPDX-License-Identifier: MIT */
#include "run/sweep.h"

#include <errno.h>
#include <stdlib.h>

#include "alloc/threshold.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/summarise.h"
#include "model/sweep-cliffs.h"
#include "model/sweep-curves.h"
#include "run/experiment.h"
#include "stats/cliff.h"

/* Part of the budget that the grid may take; the rest is for looking closer. */
#define GRID_PART 0.5
/* Points of the first grid, and of the finest. */
#define GRID_FIRST 5u
#define GRID_MAX 33u
/* Points of a stage: few, so that what they tell is used for the next. */
#define STAGE_MAX 8u
#define POINTS_MAX 500u

/* A sweep under way. */
struct sweeping {
	const struct sweep_plan *plan;
	struct result *result;
	uint64_t started_ns;
	/* Of the points between the ends, which may take much longer or shorter: rounds so far, and their time. */
	size_t blocks;
	uint64_t blocks_ns;
};

static uint64_t elapsed_ns(const struct sweeping *sweeping)
{
	return clock_now_ns(sweeping->plan->clock) - sweeping->started_ns;
}

static uint64_t left_ns(const struct sweeping *sweeping)
{
	uint64_t spent = elapsed_ns(sweeping);

	return spent < sweeping->plan->budget_ns ? sweeping->plan->budget_ns - spent : 0;
}

/* How many points' rounds fit into that time. */
static size_t points_in(const struct sweeping *sweeping, double ns)
{
	double point_ns = (double)sweeping->blocks_ns / (double)sweeping->blocks *
			  sweeping->result->sweep->rounds;
	double points = sweeping->blocks ? ns / point_ns : 0;

	return points < POINTS_MAX ? (size_t)points : POINTS_MAX;
}

/* The case of a value, added if there is none; SIZE_MAX on failure. */
static size_t case_at(struct sweeping *sweeping, uint64_t value, struct error *err)
{
	struct result *result = sweeping->result;

	for (size_t i = 0; i < result->case_count; i++)
		if (sweep_value(result, i) == value)
			return i;
	int r = sweeping->plan->add(sweeping->plan->context, value, err);
	return r < 0 ? SIZE_MAX : result->case_count - 1;
}

/* One experiment on these values. */
static int run_stage(struct sweeping *sweeping, const uint64_t *values, size_t count,
		     struct error *err)
{
	struct result *result = sweeping->result;
	unsigned int rounds = result->sweep->rounds;
	uint64_t begun_ns = elapsed_ns(sweeping);
	size_t runs = result->run_count;

	for (size_t i = 0; i < count; i++)
		if (case_at(sweeping, values[i], err) == SIZE_MAX)
			return -EINVAL;
	_cleanup_free_ unsigned int *before = xcalloc(result->case_count + 1, sizeof(*before));
	for (size_t i = 0; i < result->case_count; i++)
		before[i] = EXPERIMENT_ABSENT;
	for (size_t i = 0; i < count; i++) {
		size_t at = case_at(sweeping, values[i], err);

		before[at] = sweep_rounds(result, at);
	}
	int r = sweeping->plan->measure(sweeping->plan->context, before, rounds, left_ns(sweeping),
					err);
	if (result->run_count > runs && values[0] != result->sweep->axis.low) {
		sweeping->blocks += count * rounds;
		sweeping->blocks_ns += elapsed_ns(sweeping) - begun_ns;
	}
	return r;
}

/* What a contender's curves wish for, added to a list. */
static void collect(const struct sweeping *sweeping, size_t contender_index,
		    struct cliff_wish **wishes, size_t *count, size_t *alloc)
{
	const struct result *result = sweeping->result;
	const struct cliff_rule rule = sweep_rule(result->sweep);
	size_t places = result->case_count, threshold_count;
	_cleanup_free_ struct cliff_point *points = xcalloc(places + 1, sizeof(*points));
	_cleanup_free_ struct cliff_wish *found = xcalloc(2 * places + 1, sizeof(*found));
	struct sweep_threshold *thresholds;

	contender_thresholds(&result->contenders[contender_index], &thresholds, &threshold_count);
	_cleanup_free_ uint64_t *hints = xcalloc(threshold_count + 1, sizeof(*hints));
	/* They are sizes: of no use for a count. */
	for (size_t i = 0; i < threshold_count; i++)
		hints[i] = thresholds[i].value;
	for (int which = 0; which < SWEEP_CURVES; which++) {
		struct cliff_curve curve = {
			.points = points,
			.count = places,
			.hints = hints,
			.hint_count = result->sweep->unit ? threshold_count : 0,
		};

		if (!sweep_fill_curve(result, contender_index, (enum sweep_curve)which, points,
				      &curve.step))
			continue;
		size_t n = cliffs_wish(&curve, &rule, found);
		for (size_t i = 0; i < n; i++)
			*ARRAY_PUSH(*wishes, *count, *alloc) = found[i];
	}
	threshold_list_free(thresholds, threshold_count);
}

static int compare_wishes(const void *a, const void *b)
{
	const struct cliff_wish *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->x < y->x ? -1 : x->x > y->x;
}

static bool has_value(const uint64_t *values, size_t count, uint64_t value)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] == value)
			return true;
	return false;
}

/* What the next stage is to measure: the most wanted points, at most `most`. */
static size_t next_values(const struct sweeping *sweeping, uint64_t *values, size_t most)
{
	const struct result *result = sweeping->result;
	struct cliff_wish *wishes = NULL;
	size_t count = 0, alloc = 0, chosen = 0;

	for (size_t i = 0; i < result->contender_count; i++) {
		enum contender_role role = result->contenders[i].role;

		if (!result->contenders[i].withdrawn &&
		    (role == ROLE_BASELINE || role == ROLE_CONTENDER))
			collect(sweeping, i, &wishes, &count, &alloc);
	}
	if (count)
		qsort(wishes, count, sizeof(*wishes), compare_wishes);
	for (size_t i = 0; i < count && chosen < most; i++)
		if (!has_value(values, chosen, wishes[i].x))
			values[chosen++] = wishes[i].x;
	free(wishes);
	return chosen;
}

/* The places of a grid that have no case yet. */
static size_t grid_values(const struct sweeping *sweeping, size_t most, uint64_t *values)
{
	const struct result *result = sweeping->result;
	size_t count = cliff_grid(&result->sweep->axis, most, values), missing = 0;

	for (size_t i = 0; i < count; i++) {
		bool known = false;

		for (size_t k = 0; k < result->case_count; k++)
			known = known || sweep_value(result, k) == values[i];
		if (!known)
			values[missing++] = values[i];
	}
	return missing;
}

/* The ends, then grids that are finer and finer while there is time. */
static int measure_grid(struct sweeping *sweeping, struct error *err)
{
	const struct cliff_axis *axis = &sweeping->result->sweep->axis;
	const uint64_t ends[] = { axis->low, axis->high };
	int r = run_stage(sweeping, ends, 2, err);

	for (size_t most = GRID_FIRST; r == 0 && most <= GRID_MAX; most = 2 * most - 1) {
		uint64_t values[GRID_MAX];
		size_t missing = grid_values(sweeping, most, values);
		double part_ns = GRID_PART * (double)sweeping->plan->budget_ns -
				 (double)elapsed_ns(sweeping);

		if (sweeping->result->partial || !left_ns(sweeping) ||
		    (sweeping->blocks && (part_ns < 0 || points_in(sweeping, part_ns) < missing)))
			break;
		if (missing)
			r = run_stage(sweeping, values, missing, err);
	}
	return r;
}

static void add_place(const struct sweeping *sweeping, uint64_t value, uint64_t *values,
		      size_t *count)
{
	const struct result *result = sweeping->result;
	bool known = has_value(values, *count, value);

	for (size_t i = 0; i < result->case_count; i++)
		known = known || sweep_value(result, i) == value;
	if (!known)
		values[(*count)++] = value;
}

/*
 * Both sides of each known threshold: a step there may be hidden between two places of the grid by a slope, or by another
 * step. As many as fit into the other part of the budget, and leave as much again.
 */
static int measure_thresholds(struct sweeping *sweeping, struct error *err)
{
	const struct result *result = sweeping->result;
	const struct cliff_axis *axis = &result->sweep->axis;
	size_t room = points_in(sweeping, (double)left_ns(sweeping) / 2), count = 0;
	uint64_t values[POINTS_MAX];

	if (!result->sweep->unit || room > POINTS_MAX - 2)
		room = result->sweep->unit ? POINTS_MAX - 2 : 0;
	for (size_t i = 0; i < result->contender_count && count + 2 <= room; i++) {
		struct sweep_threshold *thresholds;
		size_t n;

		contender_thresholds(&result->contenders[i], &thresholds, &n);
		for (size_t k = 0; k < n && count + 2 <= room; k++) {
			if (thresholds[k].value <= axis->low || thresholds[k].value >= axis->high)
				continue;
			add_place(sweeping, thresholds[k].value, values, &count);
			add_place(sweeping, thresholds[k].value + 1, values, &count);
		}
		threshold_list_free(thresholds, n);
	}
	return count ? run_stage(sweeping, values, count, err) : 0;
}

static int look_closer(struct sweeping *sweeping, const char **ret_stopped, struct error *err)
{
	struct result *result = sweeping->result;
	int r = 0;

	*ret_stopped = "interrupted";
	while (r == 0 && !result->partial) {
		uint64_t values[STAGE_MAX];
		size_t room = points_in(sweeping, (double)left_ns(sweeping));

		/* Curves are ascending. */
		sweep_sort(result);
		size_t count = next_values(sweeping, values, STAGE_MAX < room ? STAGE_MAX : room);
		if (!count || result->case_count + count > POINTS_MAX) {
			*ret_stopped = room ? "decided" : "budget";
			break;
		}
		r = run_stage(sweeping, values, count, err);
	}
	return r;
}

/* The threshold that lies between the two ends of a cliff, where it is the only one: of several none can be blamed. */
static void name_cliff(const struct result *result, struct sweep_cliff *cliff)
{
	uint64_t low = sweep_value(result, cliff->low_case),
		 high = sweep_value(result, cliff->high_case);
	struct sweep_threshold *thresholds;
	size_t count, within = 0, last = 0;

	contender_thresholds(&result->contenders[cliff->contender_index], &thresholds, &count);
	for (size_t i = 0; i < count; i++)
		if (thresholds[i].value >= low && thresholds[i].value < high) {
			last = i;
			within++;
		}
	if (within == 1 && !cliff->is_common) {
		cliff->threshold = thresholds[last];
		thresholds[last] = (struct sweep_threshold){ 0 };
	}
	threshold_list_free(thresholds, count);
}

int sweep_run(const struct sweep_plan *plan, struct error *err)
{
	struct result *result = plan->result;
	struct sweeping sweeping = {
		.plan = plan,
		.result = result,
		.started_ns = clock_now_ns(plan->clock),
	};
	const char *stopped = "interrupted";
	int r = measure_grid(&sweeping, err);

	if (r == 0 && !result->partial)
		r = measure_thresholds(&sweeping, err);
	if (r == 0 && !result->partial)
		r = look_closer(&sweeping, &stopped, err);
	sweep_sort(result);
	result_summarise(result, result->command.confidence);
	sweep_find_cliffs(result);
	for (size_t i = 0; result->sweep->unit && i < result->sweep->cliff_count; i++)
		name_cliff(result, &result->sweep->cliffs[i]);
	result->command.elapsed_ns = (double)elapsed_ns(&sweeping);
	free(result->command.stopped);
	result->command.stopped = xstrdup(stopped);
	return r;
}
