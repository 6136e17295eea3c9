/* SPDX-License-Identifier: MIT */
/* Whether a contender's memory grows with the length of the run: a part of cmd/tune. */
#include <math.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "cmd/tune-target.h"
#include "probe/rungs.h"
#include "run/references.h"

/* Peak memory of one run of `times` as many iterations; NAN where it failed. */
static int peak_of(struct target *target, size_t contender_index, uint64_t times, double *ret,
		   struct error *err)
{
	const struct trial trial = { 0, contender_index, 1, false, &probe_rusage };
	struct trial_setup setup = target->setup;
	enum trial_end end = TRIAL_INTERRUPTED;
	uint64_t iterations = target->scratch.cases[0].iterations;
	size_t kept = target->scratch.run_count;

	setup.timeout_ns = setup.timeout_ns ? times * setup.timeout_ns : 0;
	target->scratch.cases[0].iterations = times * iterations;
	int r = trial_run(&setup, &trial, &target->scratch, &end, err);
	target->scratch.cases[0].iterations = iterations;
	*ret = r == 0 && end == TRIAL_DONE
		       ? target->scratch.runs[kept].metrics.value[METRIC_PEAK_RSS_BYTES]
		       : NAN;
	return r;
}

/* *ret: whether one run of each shows it. */
static int look_for_growth(struct target *target, size_t contender_index, bool *ret,
			   struct error *err)
{
	enum { TIMES = 4 };
	double peaks[4] = { NAN, NAN, NAN, NAN };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(peaks); i++)
		r = peak_of(target, i / 2 ? contender_index : 0, i % 2 ? TIMES : 1, &peaks[i], err);
	/* Half again as much in four times the length, and half of that again in sixteen: without end. */
	*ret = r == 0 && peaks[3] / peaks[2] > 1.5 &&
	       peaks[3] / peaks[2] > 1.25 * peaks[1] / peaks[0];
	return r;
}

int target_grows(struct target *target, const struct contender *contender, bool *ret,
		 struct error *err)
{
	/* The peaks of threads that wait for each other differ from run to run by as much: what grows does so each time. */
	enum { LOOKS = 3 };
	int r = 0;

	*ret = target->options->case_name != NULL;
	if (!*ret)
		return 0;
	result_add_copy(&target->scratch, contender, xasprintf("%s:long", contender->name),
			ROLE_CONTENDER);
	size_t index = target->scratch.contender_count - 1;
	for (int i = 0; r == 0 && *ret && i < LOOKS; i++)
		r = look_for_growth(target, index, ret, err);
	return r;
}
