/* SPDX-License-Identifier: MIT */
#include "stats/stopping.h"

#include <limits.h>
#include <stddef.h>

/* With fewer rounds, intervals at the confidence of a look are rarely narrow enough. */
#define FIRST_LOOK 5

/* Whether the data decide when to stop. */
static bool looks_at_data(const struct stopping_rule *rule)
{
	return rule->precision_pct > 0 || rule->gated;
}

/* The number of rounds that end the experiment in any case. */
static unsigned int last_round(const struct stopping_rule *rule)
{
	if (rule->rounds > 0)
		return rule->rounds;
	if (rule->budget_ns > 0 && !looks_at_data(rule))
		return UINT_MAX;
	if (rule->budget_ns > 0 && rule->gated)
		return STOPPING_MAX_ROUNDS_BUDGETED;
	return STOPPING_MAX_ROUNDS;
}

/* The look after that many rounds, at most `last`, which replaces a look shortly before it. */
static unsigned int next_look(unsigned int rounds, unsigned int last)
{
	uint64_t next = rounds ? rounds + ((uint64_t)rounds + 1) / 2 : FIRST_LOOK;

	return next + next / 4 >= last ? last : (unsigned int)next;
}

bool stopping_is_look(const struct stopping_rule *rule, unsigned int rounds)
{
	unsigned int last = last_round(rule);
	unsigned int look = 0;

	if (!looks_at_data(rule))
		return false;
	while (look < rounds && look < last)
		look = next_look(look, last);
	return look == rounds && rounds > 0;
}

static unsigned int count_looks(const struct stopping_rule *rule)
{
	unsigned int last = last_round(rule);
	unsigned int looks = 0;

	for (unsigned int look = 0; look < last; look = next_look(look, last))
		looks++;
	return looks;
}

double stopping_confidence(const struct stopping_rule *rule, double confidence)
{
	if (!looks_at_data(rule))
		return confidence;
	return 1 - (1 - confidence) / count_looks(rule);
}

static bool budget_is_spent(const struct stopping_rule *rule, const struct stopping_state *state)
{
	if (rule->budget_ns == 0 || state->rounds < 2)
		return false;
	return state->elapsed_ns >= rule->budget_ns ||
	       state->elapsed_ns / state->rounds > rule->budget_ns - state->elapsed_ns;
}

enum stopping_reason stopping_decide(const struct stopping_rule *rule,
				     const struct stopping_state *state)
{
	bool wants_precision = rule->precision_pct > 0;

	if (stopping_is_look(rule, state->rounds) && !(rule->gated && state->undecided) &&
	    (!wants_precision || state->precision_pct <= rule->precision_pct))
		return wants_precision ? STOPPING_PRECISION : STOPPING_DECIDED;
	if (state->rounds >= last_round(rule))
		return STOPPING_ROUNDS;
	return budget_is_spent(rule, state) ? STOPPING_BUDGET : STOPPING_NOT_YET;
}

const char *stopping_reason_name(enum stopping_reason reason)
{
	static const char *const names[] = {
		[STOPPING_NOT_YET] = "not yet", [STOPPING_ROUNDS] = "rounds",
		[STOPPING_BUDGET] = "budget",   [STOPPING_PRECISION] = "precision",
		[STOPPING_DECIDED] = "decided",
	};

	return names[reason];
}
