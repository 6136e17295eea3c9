/* SPDX-License-Identifier: MIT */
#include "run/check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc/self.h"
#include "alloc/witness.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "launch/interrupt.h"
#include "model/sweep-curves.h"
#include "probe/lineage.h"
#include "probe/rungs.h"
#include "run/effect.h"
#include "run/once.h"
#include "run/own-heaps.h"

/* Checks that the contender serves malloc in the run, and where. */
static int judge_witness(struct compare *compare, const struct witness *witness, size_t case_index,
			 size_t contender_index, const struct program_record *record,
			 struct error *err)
{
	_cleanup_testimonies_ struct testimonies testimonies = { 0 };
	_cleanup_image_heaps_ struct image_heaps heaps = { 0 };
	struct result *result = compare->result;
	bool by_share = record->lineage && record->lineage->complete;
	int r = witness_check(witness, &result->contenders[contender_index], by_share, &testimonies,
			      err);

	if (r < 0 || result_find_effect(result, case_index, contender_index))
		return r;
	struct effect *effect = result_add_effect(result);
	effect->case_index = case_index;
	effect->contender_index = contender_index;
	if (by_share)
		image_heaps_find(record->lineage, identity_environment(&compare->setup.identity),
				 &heaps);
	effect_judge(&testimonies, record->lineage, &heaps, record->cpu_ns, effect);
	return 0;
}

static int open_witness(struct compare *compare, struct witness *witness, struct program *program,
			struct error *err)
{
	const struct identity *identity = &compare->setup.identity;
	int r = witness_open(witness, identity->change ? identity->rights.uid : geteuid(),
			     identity->change ? identity->rights.gid : getegid(), err);

	program->witness = witness;
	return r;
}

/* The baseline must run; the rounds report other contenders' failures. */
static int judge_failure(const struct contender *contender, const struct program *program,
			 const char *failure, const char *remedy, struct error *err)
{
	if (!failure || contender->role != ROLE_BASELINE)
		return 0;
	error_set(err, ERROR_TARGET, ECHILD, "%s: %s", program->argv[0], failure);
	error_hint(err, "%s", remedy);
	return -ECHILD;
}

/*
 * The run, traced where that works: a program that traces itself (a debugger, LeakSanitizer) fails
 * under a tracer, and gets a second run without one.
 */
static int run_checked(struct compare *compare, const struct program *program, size_t case_index,
		       size_t contender_index, struct program_record *record,
		       enum trial_end *ret_end, char **ret_failure, struct error *err)
{
	_cleanup_error_ struct error refused = ERROR_INIT;

	if (program->witness && !compare->untraceable) {
		int r = compare_run_untimed(compare, program, case_index, contender_index,
					    &probe_lineage, record, ret_end, ret_failure, &refused);

		if (r == 0 && *ret_end != TRIAL_FAILED)
			return 0;
		compare->untraceable = r < 0;
		program_record_release(record);
		free(TAKE_PTR(*ret_failure));
		witness_forget(program->witness);
	}
	return compare_run_untimed(compare, program, case_index, contender_index, &probe_rusage,
				   record, ret_end, ret_failure, err);
}

static void note_left_behind(struct compare *compare, size_t case_index, size_t left_behind)
{
	if (left_behind)
		result_add_note(
			compare->result,
			left_behind == 1
				? "%s left %zu process running when it ended; it was killed"
				: "%s left %zu processes running when it ended; they were killed",
			compare->result->cases[case_index].name, left_behind);
}

/* One checked run, with the witness if the contender injects a library. census: may be NULL. */
static int check_contender(struct compare *compare, size_t case_index, size_t contender_index,
			   struct census *census, struct run_output *ret_output,
			   enum trial_end *ret_end, struct error *err)
{
	_cleanup_witness_ struct witness witness = WITNESS_INIT;
	_cleanup_free_ char *failure = NULL;
	struct contender *contender = &compare->result->contenders[contender_index];
	struct program program = compare_program(compare, case_index, contender_index);
	_cleanup_program_record_ struct program_record record = { 0 };
	int r = 0;

	program.output = LAUNCH_CAPTURE;
	program.asking = self_needs_asking(contender);
	if (contender_is_own(contender))
		program.census = census; /* of its one run */
	else
		r = open_witness(compare, &witness, &program, err);
	if (r == 0)
		r = run_checked(compare, &program, case_index, contender_index, &record, ret_end,
				&failure, err);
	if (r < 0 || *ret_end == TRIAL_INTERRUPTED)
		return r;
	*ret_output = record.output;
	record.output = (struct run_output){ 0 };
	note_left_behind(compare, case_index, record.left_behind);
	if (program.witness)
		r = judge_witness(compare, &witness, case_index, contender_index, &record, err);
	else if (program.asking)
		r = self_judge_answer(contender, record.said, err);
	return r < 0 ? r : judge_failure(contender, &program, failure, record.remedy, err);
}

/* Withdraws a contender and notes why; returns the error if the contender is required. */
static int withdraw(struct compare *compare, size_t contender_index, int r, struct error *unproven,
		    struct error *err)
{
	struct contender *contender = &compare->result->contenders[contender_index];

	if (!compare->lenient || unproven->kind != ERROR_USAGE) {
		if (err) {
			*err = *unproven;
			*unproven = (struct error)ERROR_INIT;
		}
		return r;
	}
	contender->withdrawn = xasprintf("%s%s%s", unproven->message, unproven->hint ? "; " : "",
					 unproven->hint ? unproven->hint : "");
	return 0;
}

/* An output that is too long to be read in the rounds is compared here alone. */
static void compare_long_output(struct compare *compare, size_t case_index, size_t contender_index,
				const struct run_output *output)
{
	struct result *result = compare->result;

	if (compare->ignore_output || output_check_reads_out(&compare->output_check, case_index) ||
	    output_check_find(&compare->output_check, case_index, output, OUTPUT_OUT) != OUTPUT_OUT)
		return;
	_cleanup_free_ char *difference =
		output_check_describe(&compare->output_check, case_index, OUTPUT_OUT, output);
	result_add_note(result, "%s under %s: %s: a faster wrong answer does not count",
			result->cases[case_index].name, result->contenders[contender_index].name,
			difference);
}

/* Another build may print something else on purpose: it is said, and nobody is withdrawn. */
static void compare_builds(struct compare *compare, size_t case_index, size_t contender_index,
			   const struct run_output *output)
{
	struct result *result = compare->result;
	enum output_part part =
		output_check_find(&compare->output_check, case_index, output, OUTPUT_STATUS);

	if (compare->ignore_output || part == OUTPUT_PARTS)
		return;
	_cleanup_free_ char *difference =
		output_check_describe(&compare->output_check, case_index, part, output);
	result_add_note(result, "%s under %s: %s: is it still the same work?",
			result->cases[case_index].name, result->contenders[contender_index].name,
			difference);
}

/* Of a sweep, whose programs are all the same, one value is enough: the last, where runs tend to be long. */
static bool is_longest(const struct result *result, size_t case_index)
{
	return !result->sweep || sweep_value(result, case_index) == result->sweep->axis.high;
}

static int check_baseline(struct compare *compare, size_t case_index, enum trial_end *ret_end,
			  struct error *err)
{
	_cleanup_run_output_ struct run_output first = { 0 }, second = { 0 };
	size_t baseline = result_find_role(compare->result, ROLE_BASELINE);
	_cleanup_(census_freep) struct census *census = census_new();
	int r = check_contender(compare, case_index, baseline, NULL, &first, ret_end, err);

	if (r == 0 && *ret_end != TRIAL_INTERRUPTED)
		r = check_contender(compare, case_index, baseline, census, &second, ret_end, err);
	if (r < 0 || *ret_end == TRIAL_INTERRUPTED)
		return r;
	output_check_expect(&compare->output_check, case_index, &first, &second);
	if (is_longest(compare->result, case_index))
		own_heaps_note(compare->result, case_index, census);
	return r;
}

int compare_check(struct compare *compare, size_t case_index, bool *ret_interrupted,
		  struct error *err)
{
	struct result *result = compare->result;
	enum trial_end end = TRIAL_DONE;
	int r = check_baseline(compare, case_index, &end, err);

	for (size_t i = 0; r == 0 && end != TRIAL_INTERRUPTED && i < result->contender_count; i++) {
		_cleanup_error_ struct error unproven = ERROR_INIT;
		_cleanup_run_output_ struct run_output output = { 0 };

		if (result->contenders[i].role != ROLE_CONTENDER || result->contenders[i].withdrawn)
			continue;
		r = check_contender(compare, case_index, i, NULL, &output, &end, &unproven);
		if (r < 0)
			r = withdraw(compare, i, r, &unproven, err);
		else if (end == TRIAL_DONE && compare->baseline_cases)
			compare_builds(compare, case_index, i, &output);
		else if (end == TRIAL_DONE)
			compare_long_output(compare, case_index, i, &output);
	}
	*ret_interrupted = end == TRIAL_INTERRUPTED || interrupt_pending();
	return r;
}
