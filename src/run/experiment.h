/* SPDX-License-Identifier: MIT */
/*
 * run/experiment: randomised blocks. Every round runs every contender of every case once, in random
 * order within the case, so that the machine's drift hits all of them alike (docs/METHOD.md).
 *
 * Independent of the kind of trial: the caller passes a function that runs one and appends its row.
 * A contender whose trial fails in a case is left out of that case from then on. Rounds go over all
 * cases before the next one begins, so that an interrupted experiment has measured all cases alike.
 */
#ifndef MADVISOR_RUN_EXPERIMENT_H
#define MADVISOR_RUN_EXPERIMENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/result.h"
#include "run/trial.h"
#include "stats/stopping.h"

/* Where an experiment stands; texts are borrowed for the call. */
struct progress {
	const char *phase; /* "calibrating", "measuring", "observing" */
	const char *case_name;
	const char *contender_name;
	unsigned int round;
	/* All of this phase: */
	size_t done;  /* trials */
	size_t total; /* 0 where precision decides */
	uint64_t elapsed_ns;
	uint64_t budget_ns; /* 0 without one */
};

/* What is about to run. */
struct outlook {
	unsigned int rounds; /* 0: as many as fit a budget */
	size_t runs;         /* of a round */
	size_t case_count;
	bool open_ended;      /* rounds and time are the most that it takes */
	uint64_t expected_ns; /* observed rounds included; 0: not known */
};

#define EXPERIMENT_ABSENT UINT_MAX

struct experiment {
	struct result *result;
	struct stopping_rule rule;
	enum metric_id metric; /* whose precision and progress count */
	const struct clock *clock;
	/*
	 * Runs one trial and appends its row. Negative errno ends the experiment; a failed trial is
	 * a row.
	 */
	int (*trial)(void *context, size_t case_index, size_t contender_index, unsigned int round,
		     bool observed, enum trial_end *ret_end, struct error *err);
	/*
	 * Appends the row that an earlier process left of this trial in place of running it; false: it left
	 * none. Not for observed runs. Or NULL.
	 */
	bool (*recall)(void *context, size_t case_index, size_t contender_index, unsigned int round,
		       enum trial_end *ret_end);
	void (*progress)(void *context, const struct progress *progress); /* or NULL */
	/* Once, before the first round; or NULL. */
	void (*outlook)(void *context, const struct outlook *outlook);
	/* For rule.gated: whether a condition needs more rounds of the case; the result is summarised. */
	bool (*undecided)(void *context, size_t case_index, unsigned int round);
	void (*keep)(void *context); /* after each trial: result may have a new row; or NULL */
	void *context;
	/*
	 * Of each case, how many rounds it had in earlier experiments of this result, so that these go on from there; or
	 * EXPERIMENT_ABSENT, where it takes no part in this one. NULL: all are new.
	 */
	const unsigned int *rounds_before;
	unsigned int observed_rounds; /* extra ones, 0 for none */
	uint64_t round_ns;            /* what a round will take, for the outlook; 0: not known */
};

/*
 * Runs the rounds and the observed rounds; sets command.stopped, command.elapsed_ns and partial, and
 * leaves the result summarised. An interrupt returns 0 and sets partial.
 */
int experiment_run(struct experiment *experiment, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Trials that failed, for the exit status. */
size_t experiment_failures(const struct result *result) __attribute__((nonnull, pure));

#endif
