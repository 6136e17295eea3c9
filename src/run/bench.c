/* SPDX-License-Identifier: MIT */
#include "run/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "probe/rungs.h"
#include "run/budget.h"
#include "launch/interrupt.h"

static int run_trial(void *context, size_t case_index, size_t contender_index, unsigned int round,
		     bool observed, enum trial_end *ret_end, struct error *err)
{
	struct bench *bench = context;
	const struct trial trial = {
		.case_index = case_index,
		.contender_index = contender_index,
		.round = round,
		.observed = observed,
		.probe = observed ? bench->observer : &probe_rusage,
	};

	return trial_run(&bench->setup, &trial, bench->result, ret_end, err);
}

static void forward_progress(void *context, const struct progress *progress)
{
	struct bench *bench = context;

	if (bench->progress)
		bench->progress(bench->context, progress);
}

static void forward_outlook(void *context, const struct outlook *outlook)
{
	struct bench *bench = context;

	if (bench->outlook)
		bench->outlook(bench->context, outlook);
}

static bool forward_undecided(void *context, size_t case_index, unsigned int round)
{
	struct bench *bench = context;

	return bench->undecided(bench->context, case_index, round);
}

static bool forward_recall(void *context, size_t case_index, size_t contender_index,
			   unsigned int round, enum trial_end *ret_end)
{
	struct bench *bench = context;

	return bench->recall &&
	       bench->recall(bench->context, case_index, contender_index, round, ret_end);
}

static void forward_keep(void *context)
{
	struct bench *bench = context;

	if (bench->keep)
		bench->keep(bench->context);
}

static int calibrate(struct bench *bench, struct error *err)
{
	struct result *result = bench->result;
	size_t baseline = result_find_role(result, ROLE_BASELINE);
	uint64_t started_ns = clock_now_ns(&clock_real);

	for (size_t i = 0; i < result->case_count; i++) {
		const struct progress progress = {
			.phase = "calibrating",
			.case_name = result->cases[i].name,
			.contender_name = result->contenders[baseline].name,
			.done = i,
			.total = result->case_count,
			.elapsed_ns = clock_now_ns(&clock_real) - started_ns,
		};

		if (result->cases[i].iterations)
			continue;
		forward_progress(bench, &progress);
		int r = trial_calibrate(&bench->setup, i, baseline, result, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A run of the baseline of each case tells how long a round is. */
static uint64_t round_ns(const struct bench *bench, uint64_t calibration_ns)
{
	return calibration_ns * bench->result->contender_count;
}

/* What calibration leaves of the budget. */
static struct stopping_rule rule_of(struct bench *bench, uint64_t calibration_ns)
{
	struct stopping_rule rule = bench->rule;
	const struct budget budget = {
		.total_ns = rule.budget_ns,
		.spent_ns = calibration_ns,
		.round_ns = round_ns(bench, calibration_ns),
		.observed_rounds = bench->observer ? 1 : 0,
	};
	_cleanup_free_ char *shortfall = budget_shortfall(&budget);

	if (shortfall && bench->announce)
		bench->announce(bench->context, shortfall);
	rule.budget_ns = budget_for_rounds_ns(&budget);
	return rule;
}

int bench_run(struct bench *bench, struct error *err)
{
	uint64_t started_ns = clock_now_ns(&clock_real);
	_cleanup_error_ struct error calibration = ERROR_INIT;
	int r = calibrate(bench, &calibration);

	if (r < 0 && calibration.kind == ERROR_INTERRUPTED) {
		bench->result->partial = true;
		free(bench->result->command.stopped);
		bench->result->command.stopped = xstrdup("interrupted");
		return 0;
	}
	if (r < 0) {
		if (err) {
			*err = calibration;
			calibration = (struct error)ERROR_INIT;
		}
		return r;
	}
	uint64_t calibration_ns = clock_now_ns(&clock_real) - started_ns;
	struct experiment experiment = {
		.result = bench->result,
		.rule = rule_of(bench, calibration_ns),
		.metric = METRIC_WALL_NS,
		.clock = bench->clock ? bench->clock : &clock_real,
		.trial = run_trial,
		.recall = forward_recall,
		.progress = forward_progress,
		.outlook = forward_outlook,
		.keep = forward_keep,
		.undecided = forward_undecided,
		.context = bench,
		.rounds_before = bench->rounds_before,
		.observed_rounds = bench->observer ? 1 : 0,
		.round_ns = round_ns(bench, calibration_ns),
	};
	return experiment_run(&experiment, err);
}
