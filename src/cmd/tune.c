/* SPDX-License-Identifier: MIT */
/* `madvisor tune`: searches settings, confirms the best, and guards what must not get worse. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cmd/command.h"
#include "cmd/compare-cases.h"
#include "cmd/compare-plan.h"
#include "cmd/tune-confirm.h"
#include "cmd/tune-options.h"
#include "cmd/tune-target.h"
#include "model/summarise.h"
#include "run/references.h"
#include "tune/race.h"
#include "tune/session.h"

/* Guards from which on they take most of the time that the search leaves. */
#define GUARDS_MANY 4
#define DEFAULT_BUDGET_NS (600 * NS_PER_SEC)

struct tune {
	struct tune_options options;
	struct resume resume;
	struct target target;
	struct space space;
	struct search search;
	struct tuning_session session;
	char **proposals;
	uint64_t started_ns;
	unsigned int rounds; /* as asked for; 0: not */
};

static struct measure *measure_of(struct tune *tune)
{
	return &tune->options.compare.measure;
}

static uint64_t spent_ns(const struct tune *tune)
{
	return clock_now_ns(&tune->target.clock.clock) - tune->started_ns;
}

/* Parts of the budget that the search, and search and confirmation together may take. */
struct parts {
	double search, confirm;
};

/*
 * A guard takes two runs a round, and to hold within 5% where runs differ by 7% it takes some 30 rounds: a suite of
 * them needs as much time as the search.
 */
static struct parts parts_of(const struct tune *tune)
{
	size_t guards = target_guard_count(&tune->target);

	if (!guards)
		return (struct parts){ 0.7, 1 };
	return guards < GUARDS_MANY ? (struct parts){ 0.55, 0.8 } : (struct parts){ 0.45, 0.6 };
}

/* Refuses a budget that would end before a search says anything, as soon as the first runs show it. */
static int check_budget(struct tune *tune, struct error *err)
{
	uint64_t budget_ns = measure_of(tune)->rule.budget_ns;
	uint64_t started_ns = clock_now_ns(&clock_real);
	enum trial_end end = TRIAL_INTERRUPTED;
	int r = target_trial(&tune->target, 0, 0, &end, err);
	/* The default's output has to be seen twice, and its first runs are told, not run. */
	if (r == 0 && end == TRIAL_DONE && tune->options.resume)
		r = target_trial(&tune->target, 0, 0, &end, err);
	struct result *scratch = &tune->target.scratch;
	uint64_t run_ns = clock_now_ns(&clock_real) - started_ns;

	if (r < 0)
		return r;
	if (end == TRIAL_INTERRUPTED) {
		error_set(err, ERROR_INTERRUPTED, EINTR, "interrupted");
		return -EINTR;
	}
	if (end == TRIAL_FAILED) {
		error_set(err, ERROR_TARGET, ECHILD, "%s fails under its default: %s",
			  scratch->cases[0].name, scratch->runs[scratch->run_count - 1].error);
		return -ECHILD;
	}
	/* Runs that are counted may take what they take; and what was begun is gone on with. */
	if (tune->options.trials || tune->options.resume)
		return 0;
	double needed_ns = TUNE_TRIALS_MIN * (double)run_ns / parts_of(tune).search;
	if ((double)budget_ns >= needed_ns)
		return 0;
	_cleanup_strbuf_ struct strbuf run = STRBUF_INIT, needed = STRBUF_INIT;
	format_ns(&run, (double)run_ns);
	format_ns(&needed, needed_ns);
	error_set(
		err, ERROR_USAGE, EINVAL,
		"the budget is too small: one run takes %s, and a search that says anything at least %d of them, "
		"and as many again to confirm",
		run.buf, TUNE_TRIALS_MIN);
	error_hint(err, "give --budget %.0f (%s) or more, or a shorter run",
		   ceil(needed_ns / (double)NS_PER_SEC), needed.buf);
	return -EINVAL;
}

static int resolve(void *context, size_t owner, const struct setting *settings, size_t count,
		   struct contender *ret, char **ret_reason, struct error *err)
{
	struct tune *tune = context;

	return target_resolve(&tune->target, owner, settings, count, ret, ret_reason, err);
}

static int run_trial(void *context, size_t contender_index, unsigned int round,
		     enum trial_end *ret_end, struct error *err)
{
	struct tune *tune = context;

	return target_trial(&tune->target, contender_index, round, ret_end, err);
}

static void show_progress(void *context, const struct progress *progress)
{
	measure_progress(measure_of(context), progress);
}

static void keep(void *context)
{
	struct tune *tune = context;

	target_keep(&tune->target);
}

static int search(struct tune *tune, struct error *err)
{
	struct measure *measure = measure_of(tune);
	struct result *result = &measure->result;

	result->tuning = xcalloc(1, sizeof(*result->tuning));
	result->tuning->preference = tune->options.preference;
	result->tuning->guard_margin_pct = tune->options.guard_margin_pct;
	result->tuning->noise_pct = result->tuning->search_ns = NAN;
	tune->proposals = target_find_proposals(&tune->target, result->tuning, &tune->space);
	tune->session = (struct tuning_session){
		.scratch = &tune->target.scratch,
		.search = &tune->search,
		.tuning = result->tuning,
		.earlier = tune->options.resume ? tune->resume.earlier.tuning : NULL,
		.clock = &tune->target.clock,
		.budget_ns = (uint64_t)(parts_of(tune).search * (double)measure->rule.budget_ns),
		.max_runs = tune->options.trials,
		.timeout_ns = &tune->target.setup.timeout_ns,
		.resolve = resolve,
		.trial = run_trial,
		.progress = show_progress,
		.keep = keep,
		.context = tune,
	};
	tune->search = (struct search){
		.space = &tune->space,
		.kind = tune->options.search,
		.preference = tune->options.preference,
		.margin_pct = measure->margin_pct,
		.guarded = target_guard_count(&tune->target) > 0,
		.seed = result->command.seed,
		.proposals = (const char *const *)tune->proposals,
		.host = session_host(&tune->session),
	};
	int r = search_run(&tune->search, err);
	session_account(&tune->session);
	result->partial = tune->session.interrupted || r < 0;
	return r;
}

static void add_finalist(struct result *result, const struct contender *contender,
			 double search_ratio, bool advised)
{
	size_t known = result_find_contender(result, contender->name);

	if (known == SIZE_MAX) {
		result_add_copy(result, contender, xstrdup(contender->name), ROLE_CONTENDER);
		known = result->contender_count - 1;
	}
	for (size_t i = 0; i < result->tuning->finalist_count; i++)
		if (result->tuning->finalists[i].contender_index == known)
			return;
	*ARRAY_PUSH(result->tuning->finalists, result->tuning->finalist_count,
		    result->tuning->finalist_alloc) = (struct tuning_finalist){
		.contender_index = known,
		.search_ratio = search_ratio,
		.advised = advised,
		.case_index = SIZE_MAX,
	};
}

static void add_finalists(struct tune *tune, const struct contender *advised, size_t advised_count)
{
	struct result *result = &measure_of(tune)->result;
	const struct search *search = &tune->search;

	result_add_twin(result);
	for (size_t i = 0; i < search->finalist_count; i++) {
		size_t id = search->finalists[i];
		const struct contender *contender = session_contender(&tune->session, id);

		if (contender)
			add_finalist(result, contender, exp(candidate_log_time(&search->items[id])),
				     false);
	}
	for (size_t i = 0; i < advised_count; i++)
		add_finalist(result, &advised[i], NAN, true);
}

static int confirm(struct tune *tune, const struct contender *advised, size_t advised_count,
		   struct error *err)
{
	uint64_t budget_ns = measure_of(tune)->rule.budget_ns;
	const struct confirmation confirmation = {
		.target = &tune->target,
		.started_ns = tune->started_ns,
		.budget_ns = budget_ns,
		.end_ns = (uint64_t)(parts_of(tune).confirm * (double)budget_ns),
		.rounds = tune->rounds,
		.unbounded = tune->options.trials > 0,
	};

	add_finalists(tune, advised, advised_count);
	return measure_of(tune)->result.tuning->finalist_count ? tune_confirm(&confirmation, err)
							       : 0;
}

static int prepare(struct tune *tune, int argc, char **argv, struct error *err)
{
	struct tune_options *options = &tune->options;
	int r = tune_options_check(options, err);

	if (r == 0 && !options->case_name)
		r = compare_build_cases(&options->compare, err);
	struct stopping_rule *rule = &options->compare.measure.rule;
	tune->rounds = rule->rounds;
	if (!rule->budget_ns && !options->trials)
		rule->budget_ns = DEFAULT_BUDGET_NS;
	if (!rule->budget_ns && !rule->rounds)
		rule->rounds = TUNE_CONFIRM_ROUNDS;
	if (r == 0)
		r = measure_prepare(measure_of(tune), RESULT_TUNE, argc, argv, err);
	if (r < 0)
		return r;
	if (!options->case_name)
		compare_choose_metric(&options->compare);
	tune->target.resume = options->resume ? &tune->resume : NULL;
	r = target_open(&tune->target, options, err);
	if (r == 0)
		r = target_build_space(&tune->target, &tune->space, err);
	if (r == 0 && options->resume)
		r = resume_check(&tune->resume, &measure_of(tune)->result, err);
	return r < 0 ? r : target_try_guards(&tune->target, err);
}

static int resolve_advised(struct tune *tune, struct contender *advised, struct error *err)
{
	for (size_t i = 0; i < tune->options.advised_count; i++) {
		int r = target_resolve_text(&tune->target, tune->options.advised[i], &advised[i],
					    err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int run(struct tune *tune, int argc, char **argv, struct error *err)
{
	size_t count = tune->options.advised_count;
	struct contender *advised = xcalloc(count + 1, sizeof(*advised));
	struct result *result = &measure_of(tune)->result;

	int r = prepare(tune, argc, argv, err);
	if (r == 0)
		r = resolve_advised(tune, advised, err);
	if (r == 0)
		r = check_budget(tune, err);
	if (r == 0)
		r = search(tune, err);
	if (r == 0 && !result->partial)
		r = confirm(tune, advised, count, err);
	result->command.elapsed_ns = (double)spent_ns(tune);
	if (result->partial && !result->command.stopped)
		result->command.stopped = xstrdup("interrupted");
	for (size_t i = 0; i < count; i++)
		contender_release(&advised[i]);
	free(advised);
	return r;
}

static int word_count(char *const *words)
{
	int count = 0;

	while (words[count])
		count++;
	return count;
}

static int tune_main(int argc, char **argv)
{
	struct tune tune = { 0 };
	struct error err = ERROR_INIT;

	tune_options_init(&tune.options);
	resume_init(&tune.resume);
	session_clock_init(&tune.target.clock);
	tune.started_ns = clock_now_ns(&clock_real);
	int status, r = tune_options_parse(&tune.options, argc, argv, &tune.resume, &err);
	if (r < 0) {
		status = command_fail(&err);
	} else {
		/* What goes on is what was begun: its document has the first command line. */
		char **words = tune.options.resume ? tune.resume.earlier.command.argv + 1 : argv;

		r = run(&tune, word_count(words), words, &err);
		status = measure_finish(measure_of(&tune), r, &err);
	}
	if (r == 0)
		resume_drop(&tune.resume);
	free(tune.proposals);
	session_release(&tune.session);
	search_release(&tune.search);
	space_release(&tune.space);
	target_release(&tune.target);
	tune_options_release(&tune.options);
	resume_release(&tune.resume);
	return status;
}

const struct command_entry command_tune = {
	"tune", "search settings, guard side effects, prove the winner", tune_main, tune_argp, true,
};
