/* SPDX-License-Identifier: MIT */
/*
 * run/sweep: one case at many values of a parameter, chosen so that the contenders' jumps are found closely.
 *
 * Both ends first, which tell how long a point takes, then a grid, then both sides of the allocators' known thresholds, then stage by stage where stats/cliff wishes for rounds:
 * between the two ends of a jump until it is narrow, and again at its ends until it is settled. What is measured, and how, is
 * the caller's: run/bench, for example. The points of a stage are one experiment, so that their rounds are interleaved.
 *
 * Before the first stage the result has its contenders and a sweep (model/sweep.h) with a parameter, an axis and rounds;
 * its cases are added here.
 */
#ifndef MADVISOR_RUN_SWEEP_H
#define MADVISOR_RUN_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/result.h"

struct sweep_plan {
	struct result *result;
	uint64_t budget_ns; /* of it all */
	/* Adds the case of a value to the result. */
	int (*add)(void *context, uint64_t value, struct error *err);
	/*
	 * Runs so many rounds of the cases that take part, as in experiment.rounds_before; less where the
	 * time is over. An interrupt returns 0 and sets result->partial.
	 */
	int (*measure)(void *context, const unsigned int *rounds_before, unsigned int rounds,
		       uint64_t budget_ns, struct error *err);
	void *context;
	const struct clock *clock;
};

/*
 * Runs it and leaves the result summarised, its cases in order, its cliffs found and named; sets command.elapsed_ns and
 * command.stopped ("budget", "decided": nothing is left to be found; "interrupted").
 */
int sweep_run(const struct sweep_plan *plan, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
