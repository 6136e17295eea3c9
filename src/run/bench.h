/* SPDX-License-Identifier: MIT */
/*
 * run/bench: the shootout of contenders on cases of madvisor-workload.
 *
 * Every case is first run under the baseline to learn how many iterations fill a measured phase; every
 * contender then does that many. Observed rounds, if any, come last.
 */
#ifndef MADVISOR_RUN_BENCH_H
#define MADVISOR_RUN_BENCH_H

#include "base/error.h"
#include "model/result.h"
#include "probe/probe.h"
#include "run/experiment.h"
#include "run/trial.h"

struct bench {
	/* Contenders, cases, seed, confidence and margin are set; a case with iterations is calibrated. */
	struct result *result;
	struct trial_setup setup;
	struct stopping_rule rule;
	const struct probe *observer; /* of one extra round; NULL for none */
	void (*progress)(void *context, const struct progress *progress); /* or NULL */
	void (*outlook)(void *context, const struct outlook *outlook);    /* or NULL */
	void (*keep)(void *context);       /* result has a new row that stays; or NULL */
	const struct clock *clock;         /* of the budget; NULL: the real one */
	const unsigned int *rounds_before; /* as in run/experiment; or NULL */
	/* As in run/experiment; or NULL. */
	bool (*recall)(void *context, size_t case_index, size_t contender_index, unsigned int round,
		       enum trial_end *ret_end);
	/* Says something before the rounds begin; or NULL. */
	void (*announce)(void *context, const char *text);
	/* As in run/experiment; needed for rule.gated. */
	bool (*undecided)(void *context, size_t case_index, unsigned int round);
	void *context;
};

/* The measured phase that a case is calibrated to, under the baseline. */
#define BENCH_MIN_TIME_NS (UINT64_C(250) * 1000 * 1000)

/*
 * Fills runs and summaries. An interrupt returns 0 and sets result->partial. ERROR_TARGET if a case
 * fails under the baseline.
 */
int bench_run(struct bench *bench, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
