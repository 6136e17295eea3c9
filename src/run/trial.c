/* SPDX-License-Identifier: MIT */
#include "run/trial.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/inject.h"
#include "alloc/prove.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "probe/rungs.h"
#include "launch/failure.h"
#include "run/figures.h"
#include "launch/launch.h"

/* The arguments of madvisor-workload as an array that frees itself. */
struct arguments {
	char **items;
	size_t count, alloc;
};

#define _cleanup_arguments_ __attribute__((cleanup(arguments_release)))

static void arguments_release(struct arguments *arguments)
{
	strv_free(arguments->items);
}

static void arguments_build(struct arguments *arguments, const struct trial_setup *setup,
			    const struct case_info *item, const struct contender *contender)
{
	char *work = item->iterations
			     ? xasprintf("--iterations=%llu", (unsigned long long)item->iterations)
			     : xasprintf("--min-time=%llu",
					 (unsigned long long)(setup->min_time_ns / NS_PER_MS));
	char *items[] = {
		xstrdup(setup->workload),
		xstrdup(item->name),
		work,
		xasprintf("--report-fd=%d", LAUNCH_REPORT_FD),
		xasprintf("--sync-fd=%d", LAUNCH_SYNC_FD),
		contender->role == ROLE_LIMIT ? xstrdup("--source=pool") : NULL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		if (items[i])
			*ARRAY_PUSH(arguments->items, arguments->count, arguments->alloc) =
				items[i];
	*ARRAY_PUSH(arguments->items, arguments->count, arguments->alloc) = NULL;
}

/*
 * Runs the workload; a negative errno when it could not even be started. *ret_failure is why its
 * figures are invalid, or NULL; caller frees.
 */
static int execute(const struct trial_setup *setup, const struct result *result,
		   const struct trial *trial, struct outcome *outcome, char **ret_failure,
		   struct error *err)
{
	const struct contender *contender = &result->contenders[trial->contender_index];
	_cleanup_arguments_ struct arguments arguments = { 0 };

	arguments_build(&arguments, setup, &result->cases[trial->case_index], contender);
	char **env = contender_environment(contender, identity_environment(&setup->identity));
	const struct launch launch = {
		.argv = (const char *const *)arguments.items,
		.env = env,
		.cpus = setup->cpus,
		.identity = &setup->identity,
		.probe = trial->probe,
		.timeout_ns = setup->timeout_ns,
		.memory_max_bytes = setup->memory_max_bytes,
		.cooperating = true,
	};
	int r = launch_run(&launch, outcome, err);
	*ret_failure = r == 0 ? failure_describe(&launch, outcome, false) : NULL;
	strv_free(env);
	return r;
}

/*
 * Puts the figures of a finished run into its row: the workload's own for the measured phase, the
 * probe's for the rest. *ret_error is why they are invalid, or NULL.
 */
static void take_figures(struct run *run, const struct contender *contender,
			 const struct outcome *outcome, uint64_t *ret_iterations, char **ret_error)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct figures figures;

	figures_init(&figures);
	int r = figures_parse(outcome->report.buf, outcome->report.len, &figures, &err);
	if (r == 0 && (!figures.iterations || !metrics_has(&figures.metrics, METRIC_WALL_NS)))
		r = error_set(&err, ERROR_TARGET, EPROTO, "the workload's report is incomplete");
	if (r == 0)
		r = contender_check_object(contender, figures_other(&figures, "malloc_object"),
					   &err);
	if (r == 0) {
		run->metrics = figures.metrics;
		metrics_fill(&run->metrics, &outcome->metrics);
		*ret_iterations = figures.iterations;
	} else {
		*ret_error = TAKE_PTR(err.message);
	}
	figures_release(&figures);
}

struct run *trial_add_run(struct result *result, const struct trial *trial, int exit_status)
{
	struct run *run = result_add_run(result);

	run->case_index = trial->case_index;
	run->contender_index = trial->contender_index;
	run->round = trial->round;
	run->observed = trial->observed;
	run->probe = xstrdup(trial->probe->name);
	run->exit_status = exit_status;
	return run;
}

int trial_run(const struct trial_setup *setup, const struct trial *trial, struct result *result,
	      enum trial_end *ret_end, struct error *err)
{
	_cleanup_outcome_ struct outcome outcome = OUTCOME_INIT;
	_cleanup_free_ char *failure = NULL;
	uint64_t iterations;
	int r = execute(setup, result, trial, &outcome, &failure, err);

	if (r < 0)
		return r;
	*ret_end = TRIAL_INTERRUPTED;
	if (outcome.end == LAUNCH_INTERRUPTED)
		return 0;
	struct run *run = trial_add_run(result, trial, outcome.exit_status);
	if (trial->observed && outcome.probe_note)
		result_add_note(result, "%s", outcome.probe_note);
	run->error = TAKE_PTR(failure);
	if (!run->error)
		take_figures(run, &result->contenders[trial->contender_index], &outcome,
			     &iterations, &run->error);
	*ret_end = run->error ? TRIAL_FAILED : TRIAL_DONE;
	return 0;
}

int trial_calibrate(const struct trial_setup *setup, size_t case_index, size_t contender_index,
		    struct result *result, struct error *err)
{
	_cleanup_outcome_ struct outcome outcome = OUTCOME_INIT;
	_cleanup_free_ char *failure = NULL;
	const struct trial trial = { case_index, contender_index, 0, false, &probe_rusage };
	struct case_info *item = &result->cases[case_index];
	struct run scratch;
	uint64_t iterations = 0;

	item->iterations = 0;
	int r = execute(setup, result, &trial, &outcome, &failure, err);
	if (r < 0)
		return r;
	if (outcome.end == LAUNCH_INTERRUPTED)
		return error_set(err, ERROR_INTERRUPTED, EINTR, "interrupted");
	if (!failure)
		take_figures(&scratch, &result->contenders[contender_index], &outcome, &iterations,
			     &failure);
	if (failure)
		return error_set(err, ERROR_TARGET, ECHILD, "%s under %s: %s", item->name,
				 result->contenders[contender_index].name, failure);
	item->iterations = iterations;
	return 0;
}
