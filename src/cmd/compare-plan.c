/* SPDX-License-Identifier: MIT */
#include "cmd/compare-plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cmd/contenders.h"

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

void compare_follow_shims(struct compare_options *options_given, size_t first)
{
	size_t count = options_given->case_count - first;

	follow_shims(&options_given->measure, &options_given->cases[first], count);
	if (options_given->baseline_cases)
		follow_shims(&options_given->measure, &options_given->baseline_cases[first], count);
}

/* A program that an earlier case starts was looked at with that one. */
static int check_program(const struct measure *measure, const struct compare_case *cases,
			 size_t index, struct error *err)
{
	for (size_t i = 0; i < index; i++)
		if (!strcmp(cases[i].argv[0], cases[index].argv[0]))
			return 0;
	return measure_check_program(measure, cases[index].argv[0], err);
}

int compare_check_programs(struct compare_options *options_given, size_t first, struct error *err)
{
	const struct measure *measure = &options_given->measure;
	int r = 0;

	for (size_t i = first; r == 0 && i < options_given->case_count; i++) {
		if (options_given->baseline_cases)
			r = check_program(measure, options_given->baseline_cases, i, err);
		if (r == 0)
			r = check_program(measure, options_given->cases, i, err);
	}
	return r;
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
