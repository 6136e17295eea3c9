/* SPDX-License-Identifier: MIT */
#include "cmd/bench-sweep.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "model/sweep.h"
#include "run/bench.h"
#include "run/sweep.h"

/* Without --budget and --rounds. */
#define DEFAULT_BUDGET_NS (300 * NS_PER_SEC)
#define DEFAULT_ROUNDS 3
/* Many points are worth more than long ones: the phase of a run, and what the workload warms up before it. */
#define MIN_TIME_NS (100 * NS_PER_MS)
#define WARMUP_NS (100 * NS_PER_MS)
/* A range that ends so many times above its beginning goes by factors. */
#define LOGARITHMIC_FROM 16
/* Numbers that a document keeps exactly. */
#define VALUE_MAX (UINT64_C(1) << 53)

static int refuse_text(const char *text, struct error *err)
{
	error_set(err, ERROR_USAGE, EINVAL, "not a sweep: '%s'", text);
	error_hint(err, "write a number of a case and its range: --sweep payload=8..1M");
	return -EINVAL;
}

static bool parse_value(const char *text, uint64_t *ret)
{
	return parse_size(text, ret) == 0 && *ret <= VALUE_MAX;
}

/* "8..1M", "1..64:linear" */
static int parse_range(const char *text, char *range, struct cliff_axis *ret, struct error *err)
{
	char *scale = strchr(range, ':'), *dots;

	if (scale)
		*scale++ = '\0';
	dots = strstr(range, "..");
	if (!dots)
		return refuse_text(text, err);
	*dots = '\0';
	if (!parse_value(range, &ret->low) || !parse_value(dots + 2, &ret->high) ||
	    (scale && strcmp(scale, "log") && strcmp(scale, "linear")))
		return refuse_text(text, err);
	if (ret->low >= ret->high) {
		error_set(err, ERROR_USAGE, EINVAL, "--sweep '%s': the range is empty", text);
		error_hint(err, "the smaller value stands first: %s..%s", dots + 2, range);
		return -EINVAL;
	}
	ret->logarithmic = scale ? !strcmp(scale, "log")
				 : ret->low && ret->high / ret->low >= LOGARITHMIC_FROM;
	if (ret->logarithmic && !ret->low) {
		error_set(err, ERROR_USAGE, EINVAL, "--sweep '%s': no factor leads from 0 upwards",
			  text);
		error_hint(err, "begin at 1, or write :linear behind the range");
		return -EINVAL;
	}
	return 0;
}

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
	struct result *result = &sweep->measure->result;
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
	size_t name_len = strcspn(sweep->text, "=");
	struct sweep *model = measure->result.sweep = sweep_new();

	sweep->measure = measure;
	sweep->catalogue = catalogue;
	if (!name_len || sweep->text[name_len] != '=')
		return refuse_text(sweep->text, err);
	_cleanup_free_ char *range = xstrdup(sweep->text + name_len + 1);
	sweep->parameter = xstrndup(sweep->text, name_len);
	/* Options say payload, cases say size. */
	if (!strcmp(sweep->parameter, "payload")) {
		free(sweep->parameter);
		sweep->parameter = xstrdup("size");
	}
	model->parameter = xstrdup(sweep->parameter);
	int r = parse_range(sweep->text, range, &model->axis, err);
	if (r == 0)
		r = find_base(sweep, case_name, catalogue, &model->unit, err);
	if (r == 0)
		r = add_point(sweep, model->axis.low, err);
	return r < 0 ? r : add_point(sweep, model->axis.high, err);
}

static size_t count_running(const struct result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < result->contender_count; i++)
		count += !result->contenders[i].withdrawn;
	return count;
}

int bench_sweep_check(const struct bench_sweep *sweep, struct error *err)
{
	struct measure *measure = sweep->measure;
	struct stopping_rule *rule = &measure->rule;
	struct sweep *model = measure->result.sweep;

	if (measure->failif_count || rule->precision_pct > 0) {
		error_set(err, ERROR_USAGE, EINVAL, "--%s beside --sweep",
			  measure->failif_count ? "fail-if" : "precision");
		error_hint(err, "a sweep goes by --budget; measure one value by itself: madvisor "
				"bench CASE");
		return -EINVAL;
	}
	model->rounds = rule->rounds ? rule->rounds : DEFAULT_ROUNDS;
	if (!rule->budget_ns)
		rule->budget_ns = DEFAULT_BUDGET_NS;
	size_t runs = 2 * (size_t)model->rounds * count_running(&measure->result);
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

/* A sweep is one stretch of time, however many stages it has. */
static void progress(void *context, const struct progress *progress)
{
	struct bench_sweep *sweep = context;
	struct progress whole = *progress;

	whole.total = 0;
	whole.elapsed_ns = clock_now_ns(&clock_real) - sweep->started_ns;
	whole.budget_ns = sweep->measure->rule.budget_ns;
	measure_progress(sweep->measure, &whole);
}

static void keep(void *context)
{
	measure_keep(((struct bench_sweep *)context)->measure);
}

/* One stage: an experiment on the points that take part in it. */
static int measure_stage(void *context, const unsigned int *rounds_before, unsigned int rounds,
			 uint64_t budget_ns, struct error *err)
{
	struct bench_sweep *sweep = context;
	struct bench bench = {
		.result = &sweep->measure->result,
		.setup = sweep->measure->setup,
		.rule = { .rounds = rounds, .budget_ns = budget_ns ? budget_ns : 1 },
		.progress = progress,
		.keep = keep,
		.rounds_before = rounds_before,
		.context = sweep,
	};

	bench.setup.min_time_ns = MIN_TIME_NS;
	return bench_run(&bench, err);
}

int bench_sweep_run(struct bench_sweep *sweep, struct error *err)
{
	struct measure *measure = sweep->measure;
	const struct sweep_plan plan = {
		.result = &measure->result,
		.budget_ns = measure->rule.budget_ns,
		.add = add_point,
		.measure = measure_stage,
		.context = sweep,
		.clock = &clock_real,
	};
	const struct outlook outlook = {
		.runs = count_running(&measure->result),
		.open_ended = true,
		.expected_ns = plan.budget_ns,
	};

	sweep->started_ns = clock_now_ns(&clock_real);
	measure_outlook(measure, &outlook);
	return sweep_run(&plan, err);
}

void bench_sweep_release(struct bench_sweep *sweep)
{
	free(sweep->base);
	free(sweep->parameter);
}
