/* SPDX-License-Identifier: MIT */
#include "cmd/bench-sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "model/sweep.h"
#include "run/bench.h"

/* Many points are worth more than long ones: the phase of a run, and what the workload warms up before it. */
#define MIN_TIME_NS (100 * NS_PER_MS)
#define WARMUP_NS (100 * NS_PER_MS)

/* A case as the workload describes it. Released by the caller. */
static int describe_case(const struct workload_catalogue *catalogue, const char *name,
			 struct result *scratch, struct error *err)
{
	struct case_info *item = result_add_case(scratch);

	item->name = xstrdup(name);
	return workload_add_parameters(catalogue, item, err);
}

/* A parameter that is a number, or a range of them, or "one per CPU": anything that has a number when it is set. */
static const struct parameter *find_number(const struct case_info *item, const char *name)
{
	/* The words of `init` and the like are no numbers, nor what the case is. */
	for (size_t i = 0; i < item->parameter_count; i++) {
		const struct parameter *parameter = &item->parameters[i];

		if (!strcmp(parameter->name, name) &&
		    (!parameter->text || parameter->unit || !strcmp(name, "threads")))
			return parameter;
	}
	return NULL;
}

static void add_numbers(const struct case_info *item, struct strbuf *sb)
{
	for (size_t i = 0; i < item->parameter_count; i++) {
		const char *name = item->parameters[i].name;

		if (find_number(item, name))
			strbuf_addf(sb, "%s%s", sb->len ? ", " : "", name);
	}
}

/* Whether a case has that number; *ret_unit is copied, or NULL. */
static int look_for_number(const struct workload_catalogue *catalogue, const char *case_name,
			   const char *name, bool *ret_found, char **ret_unit,
			   struct strbuf *numbers, struct error *err)
{
	struct result scratch;
	int r;

	result_init(&scratch);
	r = describe_case(catalogue, case_name, &scratch, err);
	if (r == 0) {
		const struct parameter *parameter = find_number(&scratch.cases[0], name);

		*ret_found = parameter != NULL;
		if (parameter && parameter->unit)
			*ret_unit = xstrdup(parameter->unit);
		strbuf_truncate(numbers, 0);
		add_numbers(&scratch.cases[0], numbers);
	}
	result_release(&scratch);
	return r;
}

static int find_base(struct bench_sweep *sweep, const char *case_name,
		     const struct workload_catalogue *catalogue, char **ret_unit, struct error *err)
{
	_cleanup_strbuf_ struct strbuf numbers = STRBUF_INIT;
	bool found = false;
	int r = 0;

	if (case_name) {
		r = workload_resolve(catalogue, case_name, &sweep->base, err);
		if (r == 0)
			r = look_for_number(catalogue, sweep->base, sweep->parameter, &found,
					    ret_unit, &numbers, err);
		if (r == 0 && !found) {
			error_set(err, ERROR_USAGE, EINVAL, "%s has no number '%s'", sweep->base,
				  sweep->parameter);
			error_hint(err, "it has: %s", numbers.buf);
			r = -EINVAL;
		}
		return r;
	}
	for (size_t i = 0; r == 0 && !found && i < catalogue->count; i++) {
		const char *name = catalogue->cases[i].name;

		r = look_for_number(catalogue, name, sweep->parameter, &found, ret_unit, &numbers,
				    err);
		if (found)
			sweep->base = xstrdup(name);
	}
	if (r == 0 && !found) {
		error_set(err, ERROR_USAGE, EINVAL, "no case has a number '%s'", sweep->parameter);
		error_hint(err, "of mpsc: payload, senders, capacity, messages; of churn: payload, "
				"threads, live, operations; of spawn: threads, operations, "
				"task-size");
		r = -EINVAL;
	}
	return r;
}

/* The case of a value. */
static int add_point(void *context, uint64_t value, struct error *err)
{
	struct bench_sweep *sweep = context;
	struct result *result = &sweep->course.measure->result;
	char *name;
	int r = workload_vary(sweep->catalogue, sweep->base, sweep->parameter, value, &name, err);

	if (r < 0)
		return r;
	struct case_info *item = result_add_case(result);
	item->name = name;
	return workload_add_parameters(sweep->catalogue, item, err);
}

int bench_sweep_resolve(struct bench_sweep *sweep, const char *case_name,
			const struct workload_catalogue *catalogue, struct measure *measure,
			struct error *err)
{
	const struct sweep_text given = {
		"--sweep", sweep->text,
		"write a number of a case and its range: --sweep payload=8..1M"
	};
	size_t name_len = strcspn(sweep->text, "=");
	struct sweep *model = measure->result.sweep = sweep_new();
	bool sized;

	sweep->course.measure = measure;
	sweep->catalogue = catalogue;
	int r = sweep_parse_range(&given, &model->axis, &sized, err);
	if (r == 0)
		r = sweep_course_prepare(&sweep->course, "--sweep", err);
	if (r < 0)
		return r;
	/* Options say payload, cases say size. */
	sweep->parameter = !strncmp(sweep->text, "payload=", name_len + 1)
				   ? xstrdup("size")
				   : xstrndup(sweep->text, name_len);
	model->parameter = xstrdup(sweep->parameter);
	r = find_base(sweep, case_name, catalogue, &model->unit, err);
	if (r == 0)
		r = add_point(sweep, model->axis.low, err);
	return r < 0 ? r : add_point(sweep, model->axis.high, err);
}

int bench_sweep_check(const struct bench_sweep *sweep, struct error *err)
{
	const struct stopping_rule *rule = &sweep->course.measure->rule;
	struct sweep *model = sweep->course.measure->result.sweep;

	model->rounds = rule->rounds;
	size_t runs = 2 * (size_t)model->rounds * sweep_course_runs(&sweep->course);
	uint64_t least_ns = runs * (MIN_TIME_NS + WARMUP_NS);
	if (rule->budget_ns >= least_ns)
		return 0;
	error_set(
		err, ERROR_USAGE, EINVAL,
		"the budget is too short for the two ends of the sweep: %zu runs, %llu s at least",
		runs, (unsigned long long)(least_ns / NS_PER_SEC + 1));
	error_hint(err, "--budget %llu or more, or fewer --contenders or --rounds",
		   (unsigned long long)(8 * least_ns / NS_PER_SEC + 1));
	return -EINVAL;
}

/* One stage: an experiment on the points that take part in it. */
static int measure_stage(void *context, const unsigned int *rounds_before, unsigned int rounds,
			 uint64_t budget_ns, struct error *err)
{
	struct bench_sweep *sweep = context;
	struct bench bench = {
		.result = &sweep->course.measure->result,
		.setup = sweep->course.measure->setup,
		.rule = { .rounds = rounds, .budget_ns = budget_ns ? budget_ns : 1 },
		.progress = sweep_course_progress,
		.keep = sweep_course_keep,
		.rounds_before = rounds_before,
		.context = &sweep->course,
	};

	bench.setup.min_time_ns = MIN_TIME_NS;
	return bench_run(&bench, err);
}

int bench_sweep_run(struct bench_sweep *sweep, struct error *err)
{
	struct sweep_plan plan = {
		.add = add_point,
		.measure = measure_stage,
		.context = sweep,
	};

	return sweep_course_run(&sweep->course, &plan, err);
}

void bench_sweep_release(struct bench_sweep *sweep)
{
	free(sweep->base);
	free(sweep->parameter);
}
