/* SPDX-License-Identifier: MIT */
#include "run/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/self.h"
#include "alloc/witness.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "probe/rungs.h"
#include "run/side-command.h"
#include "launch/interrupt.h"
#include "launch/offspring.h"

/* Result of the check round for one contender in one case. */
struct check_run {
	bool ran;
	int exit_status;
	uint64_t out_digest;
};

static int run_bare(struct compare *compare, const struct program *program,
		    const struct trial *trial, struct result *result, struct program_record *record,
		    enum trial_end *ret_end, struct error *err)
{
	struct server server = compare->server;

	server.load = compare->cases[trial->case_index].load;
	return server.load ? server_trial(&server, program, &compare->setup, trial, result, record,
					  ret_end, err)
			   : program_trial(program, &compare->setup, trial, result, record, ret_end,
					   err);
}

/* One run with its --prepare and --conclude commands. */
static int run_once(struct compare *compare, const struct program *program,
		    const struct trial *trial, struct result *result, struct program_record *record,
		    enum trial_end *ret_end, struct error *err)
{
	const struct compare_case *item = &compare->cases[trial->case_index];
	const struct identity *identity = &compare->setup.identity;
	bool interrupted = false;
	int r = item->prepare
			? side_command_run("--prepare", item->prepare, identity, &interrupted, err)
			: 0;
	/* Background processes of --prepare stay for the run and for --conclude. */
	size_t kept = item->prepare ? offspring_keep_all() : 0;

	if (interrupted)
		*ret_end = TRIAL_INTERRUPTED;
	else if (r == 0)
		r = run_bare(compare, program, trial, result, record, ret_end, err);
	if (r == 0 && item->conclude)
		r = side_command_run("--conclude", item->conclude, identity, NULL, err);
	if (item->prepare)
		offspring_keep_only(kept);
	if (item->prepare || item->conclude)
		(void)offspring_kill_all(0);
	return r;
}

static struct program program_of(const struct compare *compare, size_t case_index)
{
	struct program program = compare->program;

	program.argv = compare->cases[case_index].argv;
	return program;
}

static int run_trial(void *context, size_t case_index, size_t contender_index, unsigned int round,
		     bool observed, enum trial_end *ret_end, struct error *err)
{
	struct compare *compare = context;
	const struct program program = program_of(compare, case_index);
	const struct trial trial = {
		.case_index = case_index,
		.contender_index = contender_index,
		.round = round,
		.observed = observed,
		.probe = observed ? compare->observer : &probe_rusage,
	};

	return run_once(compare, &program, &trial, compare->result, NULL, ret_end, err);
}

/* Takes back the rows of runs that are not part of the experiment. */
static void drop_runs(struct result *result, size_t kept)
{
	for (; result->run_count > kept; result->run_count--) {
		free(result->runs[result->run_count - 1].probe);
		free(result->runs[result->run_count - 1].error);
	}
}

/* An untimed run; its row is dropped. *ret_error: the reason of a failure; caller frees. */
static int run_untimed(struct compare *compare, const struct program *program, size_t case_index,
		       size_t contender_index, struct program_record *record,
		       enum trial_end *ret_end, char **ret_error, struct error *err)
{
	const struct trial trial = { case_index, contender_index, 0, false, &probe_rusage };
	struct result *result = compare->result;
	size_t kept = result->run_count;
	int r = run_once(compare, program, &trial, result, record, ret_end, err);

	if (r == 0 && *ret_end == TRIAL_FAILED)
		*ret_error = xstrdup(result->runs[kept].error);
	drop_runs(result, kept);
	return r;
}

/* Compares a contender's output and exit status with the baseline's, to detect wrong results. */
static void compare_checks(struct compare *compare, size_t case_index, size_t contender_index,
			   const struct check_run *check, const struct check_run *baseline,
			   bool deterministic)
{
	struct result *result = compare->result;
	const char *case_name = result->cases[case_index].name;
	const char *name = result->contenders[contender_index].name;

	if (!check->ran || !baseline->ran)
		return;
	if (check->exit_status != baseline->exit_status)
		result_add_note(result, "%s under %s: exit status %d, but %d under the baseline",
				case_name, name, check->exit_status, baseline->exit_status);
	if (deterministic && check->out_digest != baseline->out_digest)
		result_add_note(
			result,
			"%s under %s: its output differs from the baseline's, which is the same "
			"each time: a faster wrong answer does not count",
			case_name, name);
}

/* Checks that the contender serves malloc in the run, or that its settings are accepted. */
static int judge_check(const struct witness *witness, struct contender *contender,
		       const struct program *program, const struct program_record *record,
		       struct error *err)
{
	if (program->witness)
		return witness_check(witness, contender, err);
	return program->asking ? self_judge_answer(contender, record->said, err) : 0;
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

/* One checked run, with the witness if the contender injects a library. */
static int check_contender(struct compare *compare, size_t case_index, size_t contender_index,
			   struct check_run *check, enum trial_end *ret_end, struct error *err)
{
	_cleanup_witness_ struct witness witness = WITNESS_INIT;
	_cleanup_free_ char *failure = NULL;
	struct contender *contender = &compare->result->contenders[contender_index];
	struct program program = program_of(compare, case_index);
	struct program_record record = { 0 };
	int r = 0;

	program.output = LAUNCH_CAPTURE;
	program.asking = self_needs_asking(contender);
	if (!contender_name_is_self(contender->name))
		r = open_witness(compare, &witness, &program, err);
	if (r == 0)
		r = run_untimed(compare, &program, case_index, contender_index, &record, ret_end,
				&failure, err);
	_cleanup_free_ char *said = record.said;
	if (r < 0 || *ret_end == TRIAL_INTERRUPTED)
		return r;
	*check = (struct check_run){ true, record.exit_status, record.out_digest };
	if (record.left_behind)
		result_add_note(
			compare->result,
			record.left_behind == 1
				? "%s left %zu process running when it ended; it was killed"
				: "%s left %zu processes running when it ended; they were killed",
			compare->result->cases[case_index].name, record.left_behind);
	r = judge_check(&witness, contender, &program, &record, err);
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

/* The check round of one case. *ret_interrupted: the user pressed Ctrl-C. */
static int check_case(struct compare *compare, size_t case_index, bool *ret_interrupted,
		      struct error *err)
{
	struct result *result = compare->result;
	size_t baseline = result_find_role(result, ROLE_BASELINE);
	struct check_run first = { 0 }, second = { 0 };
	enum trial_end end = TRIAL_DONE;
	int r = check_contender(compare, case_index, baseline, &first, &end, err);

	if (r == 0 && end != TRIAL_INTERRUPTED)
		r = check_contender(compare, case_index, baseline, &second, &end, err);
	bool deterministic = first.out_digest == second.out_digest;
	for (size_t i = 0; r == 0 && end != TRIAL_INTERRUPTED && i < result->contender_count; i++) {
		_cleanup_error_ struct error unproven = ERROR_INIT;
		struct check_run check = { 0 };

		if (result->contenders[i].role != ROLE_CONTENDER || result->contenders[i].withdrawn)
			continue;
		r = check_contender(compare, case_index, i, &check, &end, &unproven);
		if (r == 0)
			compare_checks(compare, case_index, i, &check, &first, deterministic);
		else
			r = withdraw(compare, i, r, &unproven, err);
	}
	*ret_interrupted = end == TRIAL_INTERRUPTED || interrupt_pending();
	return r;
}

static int warm_up(struct compare *compare, size_t case_index, bool *ret_interrupted,
		   struct error *err)
{
	const struct result *result = compare->result;
	const struct program program = program_of(compare, case_index);

	for (unsigned int round = 0; round < compare->warmups; round++) {
		for (size_t i = 0; i < result->contender_count; i++) {
			_cleanup_free_ char *failure = NULL;
			enum trial_end end = TRIAL_DONE;

			if (result->contenders[i].withdrawn ||
			    result->contenders[i].role == ROLE_TWIN)
				continue;
			int r = run_untimed(compare, &program, case_index, i, NULL, &end, &failure,
					    err);
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

static void forward_keep(void *context)
{
	struct compare *compare = context;

	if (compare->keep)
		compare->keep(compare->context);
}

int compare_run(struct compare *compare, struct error *err)
{
	struct result *result = compare->result;
	bool interrupted = false;
	int r = result->case_count && compare->cases[0].load
			? server_check_port(&compare->server, err)
			: 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < result->case_count && !interrupted; i++) {
		const struct progress progress = {
			.phase = "checking",
			.case_name = result->cases[i].name,
			.done = i,
			.total = result->case_count,
		};

		forward_progress(compare, &progress);
		r = check_case(compare, i, &interrupted, err);
		if (r == 0 && !interrupted)
			r = warm_up(compare, i, &interrupted, err);
		if (r < 0)
			return r;
	}
	if (interrupted) {
		result->partial = true;
		result->command.stopped = xstrdup("interrupted");
		return 0;
	}
	struct experiment experiment = {
		.result = result,
		.rule = compare->rule,
		.metric = result->command.metric,
		.clock = &clock_real,
		.trial = run_trial,
		.progress = forward_progress,
		.keep = forward_keep,
		.context = compare,
		.observed_rounds = compare->observer ? 1 : 0,
	};
	return experiment_run(&experiment, err);
}
