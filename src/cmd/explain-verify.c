/* SPDX-License-Identifier: MIT */
#include "cmd/explain-verify.h"

#include <math.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "cmd/explain-look.h"
#include "cmd/explain-others.h"
#include "explain/explain.h"
#include "run/compare.h"
#include "run/references.h"

struct reach explain_reach(const struct explain_options *explain)
{
	return (struct reach){ explain->environment, explain->inner, &explain->measure.rights };
}

/* A setting may make a program hang. Without --timeout a run may take this many times as long as the observed one. */
#define TIMES_AS_LONG 10
#define LEAST_TIMEOUT_NS (10 * NS_PER_SEC)

static uint64_t run_timeout_ns(const struct measure *measure)
{
	const struct result *result = &measure->result;
	double wall_ns = result->run_count ? result->runs[0].metrics.value[METRIC_WALL_NS] : NAN;

	if (measure->timeout_ns || isnan(wall_ns))
		return measure->timeout_ns;
	return (uint64_t)fmax(TIMES_AS_LONG * wall_ns, LEAST_TIMEOUT_NS);
}

/* Rounds of the program with each finding's settings against the program as it is. */
static int run_rounds(struct explain_options *explain, struct error *err)
{
	struct measure *measure = &explain->measure;
	const struct compare_case item = { .argv = (const char *const *)explain->command };
	struct compare compare = {
		.result = &measure->result,
		.cases = &item,
		.setup = measure->setup,
		.rule = measure->rule,
		.program = explain_program(explain),
		.lenient = true,
		.observer = measure->observer,
		.progress = measure_progress,
		.outlook = measure_outlook,
		.keep = measure_keep,
		.context = measure,
	};

	compare.program.output = LAUNCH_DISCARD;
	compare.setup.timeout_ns = run_timeout_ns(measure);
	result_add_twin(&measure->result);
	return compare_run(&compare, err);
}

int explain_verify(struct explain_options *explain, struct error *err)
{
	struct result *result = &explain->measure.result;

	if (result->partial)
		return 0;
	if (explain->exit_status && !explain->ignore_failure) {
		result_add_note(result, "not verified: the program failed");
		return 0;
	}
	size_t before = result->contender_count;
	const struct reach reach = explain_reach(explain);
	_cleanup_free_ size_t *verified = explain_others_add(
		explain, remedies_add_contenders(result, &explain->program, &reach));
	if (result->contender_count == before) {
		result_add_note(result, "not verified: there is nothing to set");
		return 0;
	}
	int r = run_rounds(explain, err);
	for (size_t i = 0; i < result->finding_count; i++)
		if (verified[i] != SIZE_MAX)
			finding_verify(result, i, verified[i]);
	result_rank_findings(result);
	return r;
}
