/* SPDX-License-Identifier: MIT */
/* `madvisor compare`: the user's own command, or server, under every contender. */
#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "base/xalloc.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/compare-cases.h"
#include "cmd/compare-options.h"
#include "cmd/contenders.h"
#include "explain/explain.h"
#include "run/compare.h"
#include "run/own-heaps.h"
#include "run/references.h"

void compare_choose_metric(struct compare_options *options_given)
{
	struct command *command = &options_given->measure.result.command;

	if (options_given->server)
		command->metric = METRIC_CPU_NS;
	if (options_given->metric_count)
		command->metric = METRIC_CUSTOM;
	for (size_t i = 0; i < options_given->metric_count; i++)
		command->own_metrics[command->own_metric_count++] = (struct own_metric){
			xstrdup(options_given->metrics[i].name),
			compare_options_higher_is_better(options_given,
							 options_given->metrics[i].name),
		};
}

/* The two builds are the contenders; every program that a case starts is looked at before. */
static int resolve_builds(struct compare_options *options_given, struct error *err)
{
	struct measure *measure = &options_given->measure;
	const struct compare_case *old = options_given->baseline_cases, *new = options_given->cases;
	int r = measure_resolve_builds(
		measure, &(struct build){ old[0].argv[0], compare_build_text(options_given, true) },
		&(struct build){ new[0].argv[0], compare_build_text(options_given, false) }, err);

	for (size_t i = 1; r == 0 && i < options_given->case_count; i++) {
		r = measure_check_program(measure, old[i].argv[0], err);
		if (r == 0)
			r = measure_check_program(measure, new[i].argv[0], err);
	}
	return r;
}

/* The cases own their texts. */
static void follow_shims(struct measure *measure, const struct compare_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char **argv = (char **)cases[i].argv, *given = argv[0], *file;

		measure_follow_shim(measure, argv, &file);
		if (file)
			free(given);
	}
}

static void look(void *context, struct identification *program)
{
	const struct compare compare = compare_of_options(context);

	own_heaps_look(&compare, program);
}

/* Resolves the contenders and checks them against the program of every case. */
static int resolve_contenders(struct compare_options *options_given, struct error *err)
{
	struct measure *measure = &options_given->measure;

	follow_shims(measure, options_given->cases, options_given->case_count);
	if (options_given->baseline_cases)
		follow_shims(measure, options_given->baseline_cases, options_given->case_count);
	const char *program = options_given->cases[0].argv[0];
	bool builds = options_given->baseline_cases != NULL;
	int r = builds ? resolve_builds(options_given, err)
		       : measure_resolve_for_program(measure, program,
						     &(struct program_look){ look, options_given },
						     err);

	for (size_t i = 1; r == 0 && !builds && i < options_given->case_count; i++)
		if (strcmp(options_given->cases[i].argv[0], program) != 0)
			r = measure_check_program(measure, options_given->cases[i].argv[0], err);
	if (r < 0)
		return r;
	result_add_twin(&measure->result);
	compare_choose_metric(options_given);
	return measure_add_gates(measure, err);
}

struct compare compare_of_options(struct compare_options *options_given)
{
	struct measure *measure = &options_given->measure;

	return (struct compare){
		.result = &measure->result,
		.cases = options_given->cases,
		.baseline_cases = options_given->baseline_cases,
		.setup = measure->setup,
		.rule = measure->rule,
		.program = { .input = options_given->input,
			     .ignore_failure = options_given->ignore_failure,
			     .metrics = options_given->metrics,
			     .metric_count = options_given->metric_count },
		.server = { .port = options_given->ready_port,
			    .ready = options_given->ready_regex ? &options_given->ready : NULL,
			    .ready_timeout_ns = options_given->ready_timeout_ns,
			    .stop_timeout_ns = options_given->stop_timeout_ns },
		.warmups = options_given->warmups,
		.ignore_output = options_given->ignore_output,
		.lenient = measure_takes_all(measure),
		.observer = measure->observer,
		.progress = measure_progress,
		.outlook = measure_outlook,
		.keep = measure_keep,
		.announce = measure_announce,
		.undecided = measure_undecided,
		.context = measure,
	};
}

static int run(struct compare_options *options_given, int argc, char **argv, struct error *err)
{
	struct measure *measure = &options_given->measure;
	int r = compare_options_check(options_given, err);

	if (r == 0)
		r = compare_build_cases(options_given, err);
	if (r < 0)
		return r;
	r = measure_prepare(measure, RESULT_COMPARE, argc, argv, err);
	if (r == 0)
		r = resolve_contenders(options_given, err);
	if (r < 0)
		return r;
	struct compare compare = compare_of_options(options_given);
	r = compare_run(&compare, err);
	result_explain_differences(&measure->result, allocator_catalogue());
	return r;
}

static int compare_main(int argc, char **argv)
{
	struct compare_options compare;
	struct error err = ERROR_INIT;

	compare_options_init(&compare);
	arguments_parse(compare_argp(), argc, argv, ARGP_IN_ORDER, &compare);
	int r = run(&compare, argc, argv, &err);
	int status = measure_finish(&compare.measure, r, &err);
	compare_options_release(&compare);
	return status;
}

const struct command_entry command_compare = {
	"compare", "your own command under every allocator", compare_main, compare_argp, true,
};
