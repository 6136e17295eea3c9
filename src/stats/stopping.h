/* SPDX-License-Identifier: MIT */
/*
 * stats/stopping: how many rounds to run, with valid confidence intervals.
 *
 * Layer: above base. Pure.
 *
 * A fixed number of rounds, or a time budget, does not depend on which contender is ahead, so one
 * look at the data needs no correction. Running until the intervals are narrow enough, or on one
 * side of a limit, looks at the data again and again, and stops more readily where they are so by luck. Therefore the data
 * are looked at after fixed numbers of rounds alone (5, 8, 12, 18, 27, 41, … each half as many
 * again), and the permitted error is split equally among the looks. The intervals of all looks then
 * hold jointly with the wanted confidence, and so does the last, whatever the reason for stopping.
 * That also covers an experiment that is interrupted between two looks.
 */
#ifndef MADVISOR_STATS_STOPPING_H
#define MADVISOR_STATS_STOPPING_H

#include <stdbool.h>
#include <stdint.h>

/* The most rounds that a wanted precision or decision may take, unless the user says otherwise. */
#define STOPPING_MAX_ROUNDS 100
/* The same for a decision within a budget, which short commands fill with many rounds. */
#define STOPPING_MAX_ROUNDS_BUDGETED 1000

/* The first limit that is reached ends the experiment; 0: no limit. */
struct stopping_rule {
	unsigned int rounds; /* with a precision: the most rounds, STOPPING_MAX_ROUNDS where 0 */
	uint64_t budget_ns;
	double precision_pct; /* as in ratio_precision_pct(), for every contender */
	bool gated;           /* until conditions are decided; with a precision: both */
};

struct stopping_state {
	unsigned int rounds; /* complete */
	uint64_t elapsed_ns;
	double precision_pct; /* the worst of all comparisons at stopping_confidence(); NAN: unknown,
				 which never stops. Read only where stopping_is_look(). */
	bool undecided;       /* a condition is not decided yet; read like the precision */
};

enum stopping_reason {
	STOPPING_NOT_YET,
	STOPPING_ROUNDS,
	STOPPING_BUDGET,
	STOPPING_PRECISION,
	STOPPING_DECIDED, /* all conditions, where no precision was wanted */
};

/* Whether precision and conditions matter after that many rounds: false saves computing it. */
bool stopping_is_look(const struct stopping_rule *rule, unsigned int rounds)
	__attribute__((nonnull, pure));

/*
 * The confidence that intervals must be computed with, at every look and for the report, so that
 * they hold with `confidence` in spite of the looks. For several contenders, pass the result on to
 * confidence_each().
 */
double stopping_confidence(const struct stopping_rule *rule, double confidence)
	__attribute__((nonnull, pure));

/*
 * Whether to end the experiment now. A budget ends it when the next round, taken to be as long as the
 * mean so far, would go beyond it; it always leaves two rounds, below which there is no interval. A
 * rule that limits nothing ends after STOPPING_MAX_ROUNDS.
 */
enum stopping_reason stopping_decide(const struct stopping_rule *rule,
				     const struct stopping_state *state)
	__attribute__((nonnull, pure));

/* "rounds", "budget", "precision", "decided"; "not yet". Static strings. */
const char *stopping_reason_name(enum stopping_reason reason)
	__attribute__((returns_nonnull, const));

#endif
