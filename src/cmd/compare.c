/* SPDX-License-Identifier: MIT */
/* `madvisor compare`: the user's own command, or server, under every contender. */
#include "alloc/allocator.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/compare-cases.h"
#include "cmd/compare-options.h"
#include "cmd/compare-plan.h"
#include "cmd/compare-sweep.h"
#include "cmd/contenders.h"
#include "explain/explain.h"
#include "run/compare.h"
#include "run/own-heaps.h"
#include "run/references.h"

static int resolve_builds(struct compare_options *options_given, struct error *err)
{
	const struct compare_case *old = options_given->baseline_cases, *new = options_given->cases;

	return measure_resolve_builds(
		&options_given->measure,
		&(struct build){ old[0].argv[0], compare_build_text(options_given, true) },
		&(struct build){ new[0].argv[0], compare_build_text(options_given, false) }, err);
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

	compare_follow_shims(options_given, 0);
	int r = options_given->baseline_cases
			? resolve_builds(options_given, err)
			: measure_resolve_for_program(measure, options_given->cases[0].argv[0],
						      &(struct program_look){ look, options_given },
						      err);

	if (r == 0)
		r = compare_check_programs(options_given, 1, err);
	if (r < 0)
		return r;
	result_add_twin(&measure->result);
	compare_choose_metric(options_given);
	return measure_add_gates(measure, err);
}

static int run(struct compare_options *options_given, int argc, char **argv, struct error *err)
{
	struct measure *measure = &options_given->measure;
	bool sweeps = scan_swept(&options_given->scan) != NULL;
	int r = compare_options_check(options_given, err);

	if (r == 0)
		r = compare_build_cases(options_given, err);
	if (r == 0 && sweeps)
		r = compare_sweep_prepare(options_given, err);
	if (r < 0)
		return r;
	r = measure_prepare(measure, RESULT_COMPARE, argc, argv, err);
	if (r == 0)
		r = resolve_contenders(options_given, err);
	if (r < 0 || sweeps)
		return r < 0 ? r : compare_sweep_run(options_given, err);
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
