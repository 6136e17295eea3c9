/* SPDX-License-Identifier: MIT */
#include "cmd/compare-plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cmd/contenders.h"

void compare_choose_metric(struct compare_options *compare)
{
	struct command *command = &compare->measure.result.command;

	if (compare->server)
		command->metric = METRIC_CPU_NS;
	if (compare->metric_count)
		command->metric = METRIC_CUSTOM;
	for (size_t i = 0; i < compare->metric_count; i++)
		command->own_metrics[command->own_metric_count++] = (struct own_metric){
			xstrdup(compare->metrics[i].name),
			compare_options_higher_is_better(compare, compare->metrics[i].name),
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

void compare_follow_shims(struct compare_options *compare, size_t first)
{
	size_t count = compare->case_count - first;

	follow_shims(&compare->measure, &compare->cases[first], count);
	if (compare->baseline_cases)
		follow_shims(&compare->measure, &compare->baseline_cases[first], count);
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

int compare_check_programs(struct compare_options *compare, size_t first, struct error *err)
{
	const struct measure *measure = &compare->measure;
	int r = 0;

	for (size_t i = first; r == 0 && i < compare->case_count; i++) {
		if (compare->baseline_cases)
			r = check_program(measure, compare->baseline_cases, i, err);
		if (r == 0)
			r = check_program(measure, compare->cases, i, err);
	}
	return r;
}

struct compare compare_of_options(struct compare_options *compare)
{
	struct measure *measure = &compare->measure;

	return (struct compare){
		.result = &measure->result,
		.cases = compare->cases,
		.baseline_cases = compare->baseline_cases,
		.setup = measure->setup,
		.rule = measure->rule,
		.program = { .input = compare->input,
			     .ignore_failure = compare->ignore_failure,
			     .metrics = compare->metrics,
			     .metric_count = compare->metric_count },
		.server = { .port = compare->ready_port,
			    .ready = compare->ready_regex ? &compare->ready : NULL,
			    .ready_timeout_ns = compare->ready_timeout_ns,
			    .stop_timeout_ns = compare->stop_timeout_ns },
		.warmups = compare->warmups,
		.ignore_output = compare->ignore_output,
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
