/* SPDX-License-Identifier: MIT */
/*
 * run/compare: the user's own command under every contender.
 *
 * First an untimed check round: each contender runs the command once with a witness that checks
 * that it serves malloc there (two builds of a program run as they are); the baseline runs twice, to check that its output is deterministic. Then
 * the rounds, as in run/experiment, where every run's output is compared with the baseline's.
 */
#ifndef MADVISOR_RUN_COMPARE_H
#define MADVISOR_RUN_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/result.h"
#include "probe/probe.h"
#include "run/experiment.h"
#include "run/program.h"
#include "run/server.h"
#include "run/trial.h"

/* One case: the command with one combination of parameters put in. Borrowed. */
struct compare_case {
	const char *const *argv; /* NULL-terminated */
	const char *prepare;     /* shell command before each run, not timed; NULL: none */
	const char *conclude;    /* after each run */
	const char *load;        /* of a server: shell command; NULL: the command is not a server */
};

struct compare {
	struct result *result; /* contenders, cases, seed, confidence and margin are set */
	const struct compare_case *cases; /* as many as result->case_count */
	/* Of two builds of a program: the cases of the baseline and its twin; NULL: they have the same. */
	const struct compare_case *baseline_cases;
	struct trial_setup setup;
	struct stopping_rule rule;
	struct program program; /* without argv */
	struct server server;   /* used if the cases have a load; its load field is unset */
	unsigned int warmups;   /* untimed runs of each contender before the rounds */
	bool ignore_output;     /* outputs are not compared */
	bool untraceable;       /* internal: no process can be traced here */
	struct output_check output_check; /* internal */
	bool lenient; /* a contender that does not serve the program is withdrawn, not an error */
	const struct probe *observer; /* of one extra round; NULL for none */
	void (*progress)(void *context, const struct progress *progress); /* or NULL */
	void (*outlook)(void *context, const struct outlook *outlook);    /* or NULL */
	void (*keep)(void *context); /* result has a new row that stays; or NULL */
	const struct clock *clock;   /* of the budget; NULL: the real one */
	/* As in run/experiment; or NULL. Where it is set, whoever ends the last experiment asks run/loading. */
	const unsigned int *rounds_before;
	/* As in run/experiment; or NULL. */
	bool (*recall)(void *context, size_t case_index, size_t contender_index, unsigned int round,
		       enum trial_end *ret_end);
	/* Says something before the rounds begin; or NULL. */
	void (*announce)(void *context, const char *text);
	/* As in run/experiment; needed for rule.gated. */
	bool (*undecided)(void *context, size_t case_index, unsigned int round);
	void *context;
};

/*
 * Fills runs and summaries, and notes[] with the findings of the check round. A contender that does
 * not serve malloc in the command, or that rejects its settings, is an error (ERROR_USAGE) or is
 * withdrawn with the reason. An interrupt returns 0. ERROR_TARGET if the command fails under the
 * baseline, or cannot be run at all.
 */
int compare_run(struct compare *compare, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
