/* SPDX-License-Identifier: MIT */
#include "cmd/compare-sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "cmd/compare-cases.h"
#include "cmd/compare-plan.h"
#include "cmd/sweep.h"
#include "model/sweep-curves.h"
#include "run/loading.h"

/* A sweep under way. */
struct compare_sweep {
	struct compare_options *compare;
	struct sweep_course course;
};

int compare_sweep_prepare(struct compare_options *compare, struct error *err)
{
	const struct scan_parameter *parameter = scan_swept(&compare->scan);
	struct measure *measure = &compare->measure;
	struct sweep_course course = { .measure = measure };
	struct sweep *model = measure->result.sweep = sweep_new();
	int r = sweep_course_prepare(&course, "a range of -P", err);

	model->parameter = xstrdup(parameter->name);
	model->unit = parameter->sized ? xstrdup("bytes") : NULL;
	model->axis = parameter->axis;
	model->rounds = measure->rule.rounds;
	return r;
}

static int add_point(void *context, uint64_t value, struct error *err)
{
	struct compare_sweep *sweep = context;
	struct compare_options *compare = sweep->compare;
	size_t before = compare->case_count;
	int r = compare_add_value(compare, value, err);

	if (r < 0)
		return r;
	compare_follow_shims(compare, before);
	return compare_check_programs(compare, before, err);
}

/* A sweep puts the result's cases in another order than the commands have. Caller frees; the texts are borrowed. */
static struct compare_case *in_order(const struct compare_sweep *sweep,
				     const struct compare_case *cases)
{
	const struct result *result = &sweep->course.measure->result;
	struct compare_case *ordered = xcalloc(result->case_count + 1, sizeof(*ordered));

	for (size_t i = 0; i < result->case_count; i++)
		ordered[i] = cases[scan_find_value(&sweep->compare->scan, sweep_value(result, i))];
	return ordered;
}

/* One stage: an experiment on the points that take part in it. */
static int measure_stage(void *context, const unsigned int *rounds_before, unsigned int rounds,
			 uint64_t budget_ns, struct error *err)
{
	struct compare_sweep *sweep = context;
	struct compare compare = compare_of_options(sweep->compare);
	_cleanup_free_ struct compare_case *cases = in_order(sweep, compare.cases);
	_cleanup_free_ struct compare_case *baseline_cases =
		compare.baseline_cases ? in_order(sweep, compare.baseline_cases) : NULL;

	compare.cases = cases;
	compare.baseline_cases = baseline_cases;
	compare.rule = (struct stopping_rule){
		.rounds = rounds,
		.budget_ns = budget_ns ? budget_ns : 1,
	};
	compare.rounds_before = rounds_before;
	compare.observer = NULL;
	compare.progress = sweep_course_progress;
	compare.outlook = NULL;
	compare.keep = sweep_course_keep;
	compare.announce = NULL;
	compare.context = &sweep->course;
	return compare_run(&compare, err);
}

int compare_sweep_run(struct compare_options *compare, struct error *err)
{
	struct compare_sweep sweep = { compare, { .measure = &compare->measure } };
	struct sweep_plan plan = {
		.add = add_point,
		.measure = measure_stage,
		.context = &sweep,
	};
	int r = sweep_course_run(&sweep.course, &plan, err);

	if (r == 0 && !compare->measure.result.partial) {
		const struct compare whole = compare_of_options(compare);

		loading_note(&whole);
	}
	return r;
}
