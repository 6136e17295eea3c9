/* SPDX-License-Identifier: MIT */
#include "run/compare.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "launch/interrupt.h"
#include "probe/rungs.h"
#include "run/budget.h"
#include "run/check.h"
#include "run/loading.h"
#include "run/once.h"

/* A run of the baseline gave another output too: it is not the contender's doing. */
static void give_up(struct compare *compare, const struct trial *trial, enum output_part part)
{
	output_check_give_up(&compare->output_check, trial->case_index, part);
	result_add_note(
		compare->result,
		"%s: its %s changed in round %u under the baseline itself, and is not compared "
		"from then on",
		compare->result->cases[trial->case_index].name, output_part_name(part),
		trial->round);
}

/*
 * Runs the baseline once more: an output that holds the time of day, or depends on a race, may be the same
 * in two runs and another one later. *ret_confirmed: it gives what it gave in the check round.
 */
static int confirm(struct compare *compare, size_t case_index, enum output_part part,
		   bool *ret_confirmed, enum trial_end *ret_end, struct error *err)
{
	_cleanup_program_record_ struct program_record record = { 0 };
	_cleanup_free_ char *failure = NULL;
	size_t baseline = result_find_role(compare->result, ROLE_BASELINE);
	struct program program = compare_program(compare, case_index, baseline);

	program.output = LAUNCH_CAPTURE;
	int r = compare_run_untimed(compare, &program, case_index, baseline, &probe_rusage, &record,
				    ret_end, &failure, err);
	*ret_confirmed =
		r == 0 && *ret_end == TRIAL_DONE &&
		output_check_find(&compare->output_check, case_index, &record.output, part) != part;
	return r;
}

/* Takes a run out of the figures, and its contender out of the case. */
static void withdraw_run(struct compare *compare, const struct trial *trial, size_t row,
			 enum output_part part, const struct run_output *output)
{
	struct run *run = &compare->result->runs[row];
	_cleanup_free_ char *difference =
		output_check_describe(&compare->output_check, trial->case_index, part, output);

	run->error = xasprintf("withdrawn in round %u: %s, which is the same each time; a faster "
			       "wrong answer does not count",
			       trial->round, difference);
	metrics_init(&run->metrics);
}

static bool is_told(struct compare *compare, const struct trial *trial)
{
	bool *told = output_check_told(&compare->output_check, trial->case_index,
				       trial->contender_index);
	bool before = *told;

	*told = true;
	return before;
}

/* Holds the output of a run that went well against the baseline's. */
static int judge_output(struct compare *compare, const struct trial *trial, size_t row,
			const struct run_output *output, enum trial_end *ret_end, struct error *err)
{
	const struct contender *contender = &compare->result->contenders[trial->contender_index];
	enum output_part part =
		output_check_find(&compare->output_check, trial->case_index, output, OUTPUT_STATUS);
	enum trial_end end = TRIAL_DONE;
	bool confirmed = false;

	if (part == OUTPUT_PARTS ||
	    (part == OUTPUT_ERR && contender->role == ROLE_CONTENDER && is_told(compare, trial)))
		return 0;
	int r = contender->role == ROLE_CONTENDER
			? confirm(compare, trial->case_index, part, &confirmed, &end, err)
			: 0;
	if (r < 0 || end == TRIAL_INTERRUPTED) {
		*ret_end = end;
		return r;
	}
	if (!confirmed) {
		give_up(compare, trial, part);
		return judge_output(compare, trial, row, output, ret_end, err);
	}
	if (part == OUTPUT_ERR) {
		result_add_note(compare->result,
				"%s under %s: its standard error differs from the baseline's from "
				"round %u on",
				compare->result->cases[trial->case_index].name, contender->name,
				trial->round);
		return 0;
	}
	withdraw_run(compare, trial, row, part, output);
	*ret_end = TRIAL_FAILED;
	return 0;
}

static int run_trial(void *context, size_t case_index, size_t contender_index, unsigned int round,
		     bool observed, enum trial_end *ret_end, struct error *err)
{
	struct compare *compare = context;
	_cleanup_program_record_ struct program_record record = { 0 };
	struct program program = compare_program(compare, case_index, contender_index);
	const struct trial trial = {
		.case_index = case_index,
		.contender_index = contender_index,
		.round = round,
		.observed = observed,
		.probe = observed ? compare->observer : &probe_rusage,
	};

	size_t row = compare->result->run_count;
	/* What another build prints may be meant: the check round has said so. */
	bool checked = !observed && !compare->ignore_output && !compare->baseline_cases;

	if (checked && output_check_reads_out(&compare->output_check, case_index))
		program.output = LAUNCH_CAPTURE;
	int r = compare_run_once(compare, &program, &trial, compare->result, &record, ret_end, err);
	if (r < 0 || *ret_end != TRIAL_DONE || !checked)
		return r;
	return judge_output(compare, &trial, row, &record.output, ret_end, err);
}

static int warm_up(struct compare *compare, size_t case_index, bool *ret_interrupted,
		   struct error *err)
{
	const struct result *result = compare->result;

	for (unsigned int round = 0; round < compare->warmups; round++) {
		for (size_t i = 0; i < result->contender_count; i++) {
			_cleanup_free_ char *failure = NULL;
			enum trial_end end = TRIAL_DONE;

			if (result->contenders[i].withdrawn ||
			    result->contenders[i].role == ROLE_TWIN)
				continue;
			const struct program program = compare_program(compare, case_index, i);
			int r = compare_run_untimed(compare, &program, case_index, i, &probe_rusage,
						    NULL, &end, &failure, err);
			if (r < 0)
				return r;
			*ret_interrupted = end == TRIAL_INTERRUPTED || interrupt_pending();
			if (*ret_interrupted)
				return 0;
		}
	}
	return 0;
}

static void forward_progress(void *context, const struct progress *progress)
{
	struct compare *compare = context;

	if (compare->progress)
		compare->progress(compare->context, progress);
}

static void forward_outlook(void *context, const struct outlook *outlook)
{
	struct compare *compare = context;

	if (compare->outlook)
		compare->outlook(compare->context, outlook);
}

static bool forward_undecided(void *context, size_t case_index, unsigned int round)
{
	struct compare *compare = context;

	return compare->undecided(compare->context, case_index, round);
}

static bool forward_recall(void *context, size_t case_index, size_t contender_index,
			   unsigned int round, enum trial_end *ret_end)
{
	struct compare *compare = context;

	return compare->recall &&
	       compare->recall(compare->context, case_index, contender_index, round, ret_end);
}

static void forward_keep(void *context)
{
	struct compare *compare = context;

	if (compare->keep)
		compare->keep(compare->context);
}

/*
 * What checks and warm-ups leave of the budget. The check of a case runs the baseline twice and every
 * contender once, as a round does.
 */
static struct stopping_rule rule_of(struct compare *compare, uint64_t spent_ns, uint64_t checks_ns)
{
	struct stopping_rule rule = compare->rule;
	const struct budget budget = {
		.total_ns = rule.budget_ns,
		.spent_ns = spent_ns,
		.round_ns = checks_ns,
		.observed_rounds = compare->observer ? 1 : 0,
	};
	_cleanup_free_ char *shortfall = budget_shortfall(&budget);

	if (shortfall && compare->announce)
		compare->announce(compare->context, shortfall);
	rule.budget_ns = budget_for_rounds_ns(&budget);
	return rule;
}

static bool is_absent(const struct compare *compare, size_t case_index)
{
	return compare->rounds_before && compare->rounds_before[case_index] == EXPERIMENT_ABSENT;
}

static int check_and_run(struct compare *compare, struct error *err)
{
	struct result *result = compare->result;
	uint64_t started_ns = clock_now_ns(&clock_real), checks_ns = 0;
	bool interrupted = false;
	int r = result->case_count && compare->cases[0].load
			? server_check_port(&compare->server, err)
			: 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < result->case_count && !interrupted; i++) {
		if (is_absent(compare, i))
			continue;
		const struct progress progress = {
			.phase = "checking",
			.case_name = result->cases[i].name,
			.done = i,
			.total = result->case_count,
		};

		forward_progress(compare, &progress);
		uint64_t check_ns = clock_now_ns(&clock_real);
		r = compare_check(compare, i, &interrupted, err);
		checks_ns += clock_now_ns(&clock_real) - check_ns;
		if (r == 0 && !interrupted)
			r = warm_up(compare, i, &interrupted, err);
		if (r < 0)
			return r;
	}
	if (interrupted) {
		result->partial = true;
		free(result->command.stopped);
		result->command.stopped = xstrdup("interrupted");
		return 0;
	}
	struct experiment experiment = {
		.result = result,
		.rule = rule_of(compare, clock_now_ns(&clock_real) - started_ns, checks_ns),
		.metric = result->command.metric,
		.clock = compare->clock ? compare->clock : &clock_real,
		.trial = run_trial,
		.recall = forward_recall,
		.progress = forward_progress,
		.outlook = forward_outlook,
		.keep = forward_keep,
		.undecided = forward_undecided,
		.context = compare,
		.rounds_before = compare->rounds_before,
		.observed_rounds = compare->observer ? 1 : 0,
		.round_ns = checks_ns,
	};
	r = experiment_run(&experiment, err);
	if (r == 0 && !result->partial && !compare->rounds_before)
		loading_note(compare);
	return r;
}

int compare_run(struct compare *compare, struct error *err)
{
	output_check_init(&compare->output_check, compare->result->case_count,
			  compare->result->contender_count);
	int r = check_and_run(compare, err);
	output_check_release(&compare->output_check);
	return r;
}
