/* SPDX-License-Identifier: MIT */
#include "run/loading.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "launch/interrupt.h"
#include "launch/launch.h"
#include "probe/rungs.h"

enum { LAUNCHES = 5 };
/* Above this no start takes most of the time, and nothing has to be measured. */
#define SHORT_NS (50.0 * NS_PER_MS)
/* Most of the time. */
#define LOADING_PART 0.5

/* The shortest time of true(1) under a contender; NAN if it cannot be run. */
static double nothing_ns(const struct compare *compare, size_t contender_index)
{
	static const char *const argv[] = { "true", NULL };
	const struct program program = { .argv = argv };
	const struct identity *identity = &compare->setup.identity;
	char **env = program_environment(&program, identity,
					 &compare->result->contenders[contender_index]);
	const struct launch launch = {
		.argv = argv,
		.env = env,
		.cpus = compare->setup.cpus,
		.identity = identity,
		.probe = &probe_rusage,
		.timeout_ns = NS_PER_SEC,
		.memory_max_bytes = compare->setup.memory_max_bytes,
		.output = LAUNCH_DISCARD,
	};
	double least_ns = NAN;

	for (int i = 0; i < LAUNCHES && !interrupt_pending(); i++) {
		_cleanup_outcome_ struct outcome outcome = OUTCOME_INIT;

		if (launch_run(&launch, &outcome, NULL) < 0 || outcome.end != LAUNCH_EXITED ||
		    outcome.exit_status != 0)
			break;
		least_ns = fmin(least_ns, (double)outcome.wall_ns); /* fmin() passes over NAN */
	}
	strv_free(env);
	return least_ns;
}

/* The shortest of the rounds, as disturbances only lengthen; NAN without one. */
static double wall_ns(const struct result *result, size_t case_index, size_t contender_index)
{
	double least_ns = NAN;

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (run->case_index == case_index && run->contender_index == contender_index &&
		    !run->observed && !run->error)
			least_ns = fmin(least_ns, run->metrics.value[METRIC_WALL_NS]);
	}
	return least_ns;
}

static bool takes_part(const struct contender *contender)
{
	return (contender->role == ROLE_BASELINE || contender->role == ROLE_CONTENDER) &&
	       !contender->withdrawn;
}

static bool note_case(struct result *result, size_t case_index, const double *nothing)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < result->contender_count; i++) {
		double wall = wall_ns(result, case_index, i);

		if (!takes_part(&result->contenders[i]) || !(nothing[i] >= LOADING_PART * wall))
			continue;
		strbuf_addf(&sb, "%s %s: ", sb.len ? "," : "", result->contenders[i].name);
		/* A disturbed start may take longer than an undisturbed run. */
		if (nothing[i] < wall)
			format_ns(&sb, nothing[i]);
		else
			strbuf_addstr(&sb, "all");
		strbuf_addstr(&sb, " of ");
		format_ns(&sb, wall);
	}
	if (!sb.len)
		return false;
	result_add_note(
		result,
		"%s%s: this measures loading: a program that does nothing takes%s, at the least. "
		"Give the command more to do",
		result->cases[case_index].name,
		result->sweep && case_index ? " and smaller values" : "", sb.buf);
	return true;
}

/* Of a sweep the largest such value is enough. */
static void note_cases(struct result *result, const double *nothing)
{
	size_t count = result->case_count;

	if (result->sweep)
		while (count && !note_case(result, count - 1, nothing))
			count--;
	for (size_t c = 0; !result->sweep && c < count; c++)
		note_case(result, c, nothing);
}

void loading_note(const struct compare *compare)
{
	struct result *result = compare->result;
	_cleanup_free_ double *nothing = xcalloc(result->contender_count + 1, sizeof(*nothing));
	bool is_short = false;

	for (size_t c = 0; c < result->case_count; c++)
		for (size_t i = 0; i < result->contender_count; i++)
			is_short |= wall_ns(result, c, i) < SHORT_NS;
	if (!is_short || result->command.metric != METRIC_WALL_NS || compare->cases[0].load)
		return;
	for (size_t i = 0; i < result->contender_count; i++)
		nothing[i] = takes_part(&result->contenders[i]) ? nothing_ns(compare, i) : NAN;
	note_cases(result, nothing);
}
