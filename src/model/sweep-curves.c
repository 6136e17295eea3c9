/* SPDX-License-Identifier: MIT */
#include "model/sweep-curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "stats/location.h"
#include "stats/ratio.h"

#define CONFIDENCE 0.95

uint64_t sweep_value(const struct result *result, size_t case_index)
{
	const struct case_info *item = &result->cases[case_index];

	for (size_t i = 0; i < item->parameter_count; i++)
		if (!strcmp(item->parameters[i].name, result->sweep->parameter) &&
		    item->parameters[i].number >= 0)
			return (uint64_t)item->parameters[i].number;
	return 0;
}

unsigned int sweep_rounds(const struct result *result, size_t case_index)
{
	unsigned int rounds = 0;

	for (size_t i = 0; i < result->run_count; i++)
		if (result->runs[i].case_index == case_index && result->runs[i].round > rounds)
			rounds = result->runs[i].round;
	return rounds;
}

struct cliff_rule sweep_rule(const struct sweep *sweep)
{
	return (struct cliff_rule){
		.axis = sweep->axis,
		.rounds_settled = 2 * sweep->rounds,
		.rounds_max = 3 * sweep->rounds,
	};
}

static double operations_of(const struct run *run)
{
	return run->metrics.value[METRIC_OPS_PER_S] * run->metrics.value[METRIC_WALL_NS] /
	       (double)NS_PER_SEC;
}

bool sweep_counts_operations(const struct result *result)
{
	return result->run_count && metrics_has(&result->runs[0].metrics, METRIC_OPS_PER_S);
}

static double faults_of(const struct result *result, const struct run *run)
{
	double faults = run->metrics.value[METRIC_MINOR_FAULTS];

	return sweep_counts_operations(result) ? faults / operations_of(run) : faults;
}

static size_t last_round(const struct result *result)
{
	size_t last = 0;

	for (size_t i = 0; i < result->run_count; i++)
		if (result->runs[i].round > last)
			last = result->runs[i].round;
	return last;
}

/* A row of values[] for each case: by round, NAN where nothing was measured. Caller frees. */
static double *values_of(const struct result *result, size_t contender_index, bool faults,
			 size_t rounds)
{
	size_t count = result->case_count * rounds;
	double *values = xcalloc(count + 1, sizeof(*values));

	for (size_t i = 0; i < count; i++)
		values[i] = NAN;
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (run->contender_index == contender_index && !run->observed && !run->error &&
		    run->round)
			values[run->case_index * rounds + run->round - 1] =
				faults ? faults_of(result, run)
				       : run->metrics.value[result->command.metric];
	}
	return values;
}

static void fill_times(const struct result *result, size_t contender_index, size_t reference,
		       struct cliff_point *points)
{
	size_t rounds = last_round(result);
	_cleanup_free_ double *own = values_of(result, contender_index, false, rounds);
	_cleanup_free_ double *other = values_of(result, reference, false, rounds);

	for (size_t i = 0; i < result->case_count; i++) {
		struct ratio ratio =
			ratio_paired(&other[i * rounds], &own[i * rounds], rounds, CONFIDENCE);

		points[i].y = ratio.estimate > 0 ? log(ratio.estimate) : NAN;
		points[i].error = ratio.log_error;
		points[i].rounds = (unsigned int)ratio.pairs;
	}
}

static void fill_faults(const struct result *result, size_t contender_index,
			struct cliff_point *points)
{
	size_t rounds = last_round(result);
	_cleanup_free_ double *values = values_of(result, contender_index, true, rounds);
	double few = sweep_counts_operations(result) ? SWEEP_FAULTS_FEW : SWEEP_FAULTS_FEW_OF_RUN;

	for (size_t i = 0; i < result->case_count * rounds; i++)
		values[i] = log(values[i] + few);
	for (size_t i = 0; i < result->case_count; i++) {
		struct location location = location_of(&values[i * rounds], rounds, CONFIDENCE);

		points[i].y = location.estimate;
		points[i].error = location.standard_error;
		points[i].rounds = (unsigned int)location.count;
	}
}

bool sweep_fill_curve(const struct result *result, size_t contender_index, enum sweep_curve which,
		      struct cliff_point *points, double *ret_step)
{
	size_t reference = result_find_role(result, ROLE_LIMIT);

	if (reference == SIZE_MAX)
		reference = result_find_role(result, ROLE_BASELINE);
	if (which == SWEEP_TIME && (reference == SIZE_MAX || reference == contender_index))
		return false;
	for (size_t i = 0; i < result->case_count; i++)
		points[i].x = sweep_value(result, i);
	if (which == SWEEP_TIME)
		fill_times(result, contender_index, reference, points);
	else
		fill_faults(result, contender_index, points);
	*ret_step = log(which == SWEEP_TIME ? SWEEP_TIME_STEP : SWEEP_FAULTS_STEP);
	return true;
}

double sweep_own_change(const struct result *result, size_t contender_index, size_t low_case,
			size_t high_case)
{
	size_t rounds = last_round(result);
	_cleanup_free_ double *values = values_of(result, contender_index, false, rounds);
	_cleanup_free_ double *changes = xcalloc(rounds + 1, sizeof(*changes));

	for (size_t i = 0; i < rounds; i++) {
		changes[i] = log(values[high_case * rounds + i] / values[low_case * rounds + i]);
		if (!isfinite(changes[i]))
			changes[i] = NAN;
	}
	return exp(location_of(changes, rounds, CONFIDENCE).estimate);
}

double sweep_faults(const struct result *result, size_t case_index, size_t contender_index)
{
	double sum = 0;
	size_t count = 0;

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (run->case_index == case_index && run->contender_index == contender_index &&
		    !run->observed && !run->error) {
			sum += faults_of(result, run);
			count++;
		}
	}
	return count ? sum / (double)count : NAN;
}

struct sweep_place {
	uint64_t value;
	size_t case_index;
};

static int compare_sweep_places(const void *a, const void *b)
{
	const struct sweep_place *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

void sweep_sort(struct result *result)
{
	size_t count = result->case_count;
	_cleanup_free_ struct sweep_place *places = xcalloc(count + 1, sizeof(*places));
	_cleanup_free_ struct case_info *cases = xcalloc(count + 1, sizeof(*cases));
	_cleanup_free_ size_t *moved = xcalloc(count + 1, sizeof(*moved));

	for (size_t i = 0; i < count; i++)
		places[i] = (struct sweep_place){ sweep_value(result, i), i };
	qsort(places, count, sizeof(*places), compare_sweep_places);
	for (size_t i = 0; i < count; i++) {
		cases[i] = result->cases[places[i].case_index];
		moved[places[i].case_index] = i;
	}
	for (size_t i = 0; i < count; i++)
		result->cases[i] = cases[i];
	for (size_t i = 0; i < result->run_count; i++)
		result->runs[i].case_index = moved[result->runs[i].case_index];
}
