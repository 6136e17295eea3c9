/* SPDX-License-Identifier: MIT */
/* `madvisor bench`: the shootout on built-in cases. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/slip.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cmd/arguments.h"
#include "cmd/bench-sweep.h"
#include "cmd/command.h"
#include "cmd/contenders.h"
#include "cmd/measure.h"
#include "explain/explain.h"
#include "run/bench.h"
#include "run/references.h"
#include "run/workload.h"

enum { OPTION_SUITE = 0x3000, OPTION_SWEEP };

struct bench_options {
	struct measure measure;
	const char **cases; /* as typed */
	size_t case_count, case_alloc;
	const char *suite;
	struct bench_sweep sweep;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is run:", 1 },
	{ "suite", OPTION_SUITE, "NAME", 0,
	  "a list of cases: seed (the default), quick, classic or full; `madvisor list cases` shows them",
	  1 },
	{ "sweep", OPTION_SWEEP, "NUMBER=A..B", 0,
	  "one case at many values of a number, payload=8..1M: where does a contender jump?", 1 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct bench_options *bench = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &bench->measure;
		return 0;
	case OPTION_SUITE:
		bench->suite = arg;
		return 0;
	case OPTION_SWEEP:
		bench->sweep.text = arg;
		return 0;
	case ARGP_KEY_ARG:
		*ARRAY_PUSH(bench->cases, bench->case_count, bench->case_alloc) = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int add_case(struct result *result, const struct workload_catalogue *catalogue, char *name,
		    struct error *err)
{
	if (result_find_case(result, name) != SIZE_MAX) {
		free(name);
		return 0;
	}
	struct case_info *item = result_add_case(result);
	item->name = name;
	for (size_t i = 0; i < catalogue->count; i++)
		if (!strcmp(catalogue->cases[i].name, name))
			item->description = xstrdup(catalogue->cases[i].description);
	return workload_add_parameters(catalogue, item, err);
}

static int add_suite(struct result *result, const struct workload_catalogue *catalogue,
		     const char *suite, struct error *err)
{
	size_t before = result->case_count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < catalogue->count; i++)
		if (workload_item_in_suite(&catalogue->cases[i], suite))
			r = add_case(result, catalogue, xstrdup(catalogue->cases[i].name), err);
	if (r < 0 || result->case_count > before)
		return r;

	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;
	char **suites = workload_suites(catalogue);
	struct slip slip;

	slip_init(&slip, suite);
	for (size_t i = 0; suites[i]; i++) {
		strbuf_addf(&names, "%s%s", i ? ", " : "", suites[i]);
		slip_consider(&slip, suites[i]);
	}
	error_set(err, ERROR_USAGE, EINVAL, "no such suite: %s", suite);
	if (slip.best)
		error_hint(err, "did you mean %s? there are: %s", slip.best, names.buf);
	else
		error_hint(err, "there are: %s", names.buf);
	strv_free(suites);
	return -EINVAL;
}

static int resolve_cases(struct bench_options *bench, const struct workload_catalogue *catalogue,
			 struct error *err)
{
	struct result *result = &bench->measure.result;
	int r = 0;

	if (bench->sweep.text && (bench->suite || bench->case_count > 1)) {
		error_set(err, ERROR_USAGE, EINVAL, "--sweep goes over one case, and %s",
			  bench->suite ? "--suite names several" : "here are several");
		error_hint(err, "name one: madvisor bench mpsc/8/senders=1 --sweep %s",
			   bench->sweep.text);
		return -EINVAL;
	}
	if (bench->sweep.text)
		return bench_sweep_resolve(&bench->sweep,
					   bench->case_count ? bench->cases[0] : NULL, catalogue,
					   &bench->measure, err);
	if (bench->suite || !bench->case_count)
		r = add_suite(result, catalogue, bench->suite ? bench->suite : "seed", err);
	for (size_t i = 0; r == 0 && i < bench->case_count; i++) {
		char *name;

		r = workload_resolve(catalogue, bench->cases[i], &name, err);
		if (r == 0)
			r = add_case(result, catalogue, name, err);
	}
	return r;
}

static int run(struct bench_options *options_given, const struct workload_catalogue *catalogue,
	       int argc, char **argv, struct error *err)
{
	struct measure *measure = &options_given->measure;
	int r = resolve_cases(options_given, catalogue, err);

	if (r == 0)
		r = measure_prepare(measure, RESULT_BENCH, argc, argv, err);
	if (r == 0)
		r = measure_resolve_contenders(measure, catalogue->program, err);
	if (r < 0)
		return r;
	result_add_twin(&measure->result);
	result_add_limit(&measure->result);
	r = measure_add_gates(measure, err);
	if (r < 0)
		return r;
	measure->setup.workload = catalogue->program;
	if (options_given->sweep.text) {
		r = bench_sweep_check(&options_given->sweep, err);
		return r < 0 ? r : bench_sweep_run(&options_given->sweep, err);
	}
	measure->setup.min_time_ns = BENCH_MIN_TIME_NS;
	struct bench bench = {
		.result = &measure->result,
		.setup = measure->setup,
		.rule = measure->rule,
		.observer = measure->observer,
		.progress = measure_progress,
		.outlook = measure_outlook,
		.keep = measure_keep,
		.announce = measure_announce,
		.undecided = measure_undecided,
		.context = measure,
	};
	r = bench_run(&bench, err);
	result_explain_differences(&measure->result, allocator_catalogue());
	return r;
}

static const struct argp *bench_argp(void)
{
	static struct argp_child children[2];
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[CASE...]",
		.doc = "Compares allocators on built-in workloads: time with 95% intervals, memory, faults, "
		       "and how far each is above the physical limit.",
		.children = children,
	};

	children[0] = (struct argp_child){ measure_argp(), 0, NULL, 0 };

	return &argp;
}

static int bench_main(int argc, char **argv)
{
	struct workload_catalogue catalogue = { 0 };
	struct bench_options bench = { 0 };
	struct error err = ERROR_INIT;

	measure_init(&bench.measure);
	arguments_parse(bench_argp(), argc, argv, 0, &bench);
	int r = workload_catalogue_load(&catalogue, &err);
	if (r == 0)
		r = run(&bench, &catalogue, argc, argv, &err);
	int status = measure_finish(&bench.measure, r, &err);
	workload_catalogue_release(&catalogue);
	measure_release(&bench.measure);
	bench_sweep_release(&bench.sweep);
	free(bench.cases);
	return status;
}

const struct command_entry command_bench = {
	"bench", "the shootout: allocators compared on built-in workloads", bench_main, bench_argp,
	false,
};
