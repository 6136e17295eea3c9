/* SPDX-License-Identifier: MIT */
#include "run/experiment.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/xalloc.h"
#include "model/summarise.h"
#include "launch/interrupt.h"

/* An experiment in progress. */
struct experiment_state {
	struct experiment *experiment;
	struct random random;
	bool *out;  /* [case][contender]: takes no further part */
	bool *done; /* [case]: stopped */
	size_t *order;
	uint64_t started_ns;
	uint64_t phase_ns; /* when the present phase began */
	size_t trials;     /* of the present phase */
	bool interrupted;
	enum stopping_reason reason;
};

static size_t contender_count(const struct experiment_state *state)
{
	return state->experiment->result->contender_count;
}

static bool *out_flag(const struct experiment_state *state, size_t case_index,
		      size_t contender_index)
{
	return &state->out[case_index * contender_count(state) + contender_index];
}

static uint64_t elapsed_ns(const struct experiment_state *state)
{
	return clock_now_ns(state->experiment->clock) - state->started_ns;
}

/* Twin and limit serve for times alone, which observed runs do not give. */
static bool takes_part(const struct contender *contender, bool observed)
{
	if (observed && (contender->role == ROLE_TWIN || contender->role == ROLE_LIMIT))
		return false;
	return !contender->withdrawn;
}

static bool is_absent(const struct experiment *experiment, size_t case_index)
{
	return experiment->rounds_before &&
	       experiment->rounds_before[case_index] == EXPERIMENT_ABSENT;
}

static size_t case_count(const struct experiment *experiment)
{
	size_t count = 0;

	for (size_t i = 0; i < experiment->result->case_count; i++)
		count += !is_absent(experiment, i);
	return count;
}

static size_t trials_per_round(const struct experiment *experiment, bool observed)
{
	const struct result *result = experiment->result;
	size_t count = 0;

	for (size_t i = 0; i < result->contender_count; i++)
		count += takes_part(&result->contenders[i], observed);
	return count * case_count(experiment);
}

static void report_progress(const struct experiment_state *state, size_t case_index,
			    size_t contender_index, unsigned int round, bool observed)
{
	const struct experiment *experiment = state->experiment;
	const struct result *result = experiment->result;
	bool open_ended = experiment->rule.precision_pct > 0 || experiment->rule.gated;
	unsigned int rounds = observed     ? experiment->observed_rounds
			      : open_ended ? 0
					   : experiment->rule.rounds;

	if (!experiment->progress)
		return;
	const struct progress progress = {
		.phase = observed ? "observing" : "measuring",
		.case_name = result->cases[case_index].name,
		.contender_name = result->contenders[contender_index].name,
		.round = round,
		.done = state->trials,
		.total = rounds * trials_per_round(experiment, observed),
		.elapsed_ns = clock_now_ns(experiment->clock) - state->phase_ns,
		.budget_ns = observed ? 0 : experiment->rule.budget_ns,
	};
	experiment->progress(experiment->context, &progress);
}

/* A budget ends the rounds; the observed ones follow in any case. */
static uint64_t expected_ns(const struct experiment *experiment, unsigned int rounds)
{
	const struct stopping_rule *rule = &experiment->rule;
	uint64_t all_ns = rounds * experiment->round_ns;

	if (rule->budget_ns && (!rounds || !all_ns || all_ns > rule->budget_ns))
		all_ns = rule->budget_ns;
	return all_ns ? all_ns + experiment->observed_rounds * experiment->round_ns : 0;
}

static void tell_outlook(const struct experiment *experiment)
{
	const struct stopping_rule *rule = &experiment->rule;
	bool open_ended = rule->precision_pct > 0 || rule->gated;
	unsigned int rounds = rule->rounds;

	if (!experiment->outlook)
		return;
	if (!rounds && open_ended && !rule->budget_ns)
		rounds = STOPPING_MAX_ROUNDS;
	const struct outlook outlook = {
		.rounds = rounds,
		.runs = trials_per_round(experiment, false),
		.case_count = case_count(experiment),
		.open_ended = open_ended,
		.expected_ns = expected_ns(experiment, rounds),
	};
	experiment->outlook(experiment->context, &outlook);
}

static bool recall(const struct experiment *experiment, size_t case_index, size_t contender_index,
		   unsigned int round, bool observed, enum trial_end *ret_end)
{
	return experiment->recall && !observed &&
	       experiment->recall(experiment->context, case_index, contender_index, round, ret_end);
}

static int run_one(struct experiment_state *state, size_t case_index, size_t contender_index,
		   unsigned int round, bool observed, struct error *err)
{
	struct experiment *experiment = state->experiment;
	enum trial_end end = TRIAL_INTERRUPTED;

	report_progress(state, case_index, contender_index, round, observed);
	if (!recall(experiment, case_index, contender_index, round, observed, &end)) {
		int r = experiment->trial(experiment->context, case_index, contender_index, round,
					  observed, &end, err);

		if (experiment->keep)
			experiment->keep(experiment->context);
		if (r < 0)
			return r;
	}
	state->trials++;
	if (end == TRIAL_INTERRUPTED)
		state->interrupted = true;
	if (end == TRIAL_FAILED)
		*out_flag(state, case_index, contender_index) = true;
	return 0;
}

/* One run of every contender of a case, in random order. */
static int run_block(struct experiment_state *state, size_t case_index, unsigned int round,
		     bool observed, struct error *err)
{
	const struct result *result = state->experiment->result;
	size_t count = 0;

	for (size_t i = 0; i < result->contender_count; i++) {
		if (takes_part(&result->contenders[i], observed) &&
		    !*out_flag(state, case_index, i))
			state->order[count++] = i;
	}
	random_shuffle(&state->random, state->order, count);
	for (size_t i = 0; i < count && !state->interrupted; i++) {
		int r = run_one(state, case_index, state->order[i], round, observed, err);

		if (r < 0)
			return r;
		state->interrupted = state->interrupted || interrupt_pending();
	}
	return 0;
}

static void summarise(const struct experiment_state *state)
{
	struct result *result = state->experiment->result;

	result_summarise(result,
			 stopping_confidence(&state->experiment->rule, result->command.confidence));
}

/* Marks the cases that have enough rounds; returns how many go on. */
static size_t decide(struct experiment_state *state, unsigned int round)
{
	const struct experiment *experiment = state->experiment;
	bool look = stopping_is_look(&experiment->rule, round);
	size_t active = 0;

	if (look)
		summarise(state);
	for (size_t i = 0; i < experiment->result->case_count; i++) {
		const struct stopping_state progress = {
			.rounds = round,
			.elapsed_ns = elapsed_ns(state),
			.precision_pct = look ? result_precision_pct(experiment->result, i,
								     experiment->metric)
					      : NAN,
			.undecided = look && experiment->rule.gated &&
				     experiment->undecided(experiment->context, i, round),
		};

		if (state->done[i])
			continue;
		enum stopping_reason reason = stopping_decide(&experiment->rule, &progress);
		state->done[i] = reason != STOPPING_NOT_YET;
		if (state->done[i])
			state->reason = reason;
		active += !state->done[i];
	}
	return active;
}

static int run_rounds(struct experiment_state *state, struct error *err)
{
	const struct experiment *experiment = state->experiment;
	size_t active = case_count(experiment);

	for (unsigned int round = 1; active > 0; round++) {
		for (size_t i = 0; i < experiment->result->case_count; i++) {
			unsigned int before =
				experiment->rounds_before ? experiment->rounds_before[i] : 0;

			if (state->done[i] || state->interrupted)
				continue;
			int r = run_block(state, i, before + round, false, err);
			if (r < 0)
				return r;
		}
		if (state->interrupted)
			return 0;
		active = decide(state, round);
	}
	return 0;
}

static int run_observed(struct experiment_state *state, struct error *err)
{
	state->trials = 0;
	state->phase_ns = clock_now_ns(state->experiment->clock);
	for (unsigned int round = 1; round <= state->experiment->observed_rounds; round++) {
		for (size_t i = 0; i < state->experiment->result->case_count; i++) {
			int r = state->interrupted || is_absent(state->experiment, i)
					? 0
					: run_block(state, i, round, true, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Who is out of a case from earlier experiments stays out. */
static void begin(struct experiment_state *state)
{
	const struct experiment *experiment = state->experiment;
	const struct result *result = experiment->result;

	for (size_t i = 0; i < result->case_count; i++) {
		state->done[i] = is_absent(experiment, i);
		for (size_t k = 0; experiment->rounds_before && k < result->contender_count; k++)
			*out_flag(state, i, k) = result_failed(result, i, k);
	}
}

int experiment_run(struct experiment *experiment, struct error *err)
{
	struct result *result = experiment->result;
	struct experiment_state state = {
		.experiment = experiment,
		.out = xcalloc(result->case_count * result->contender_count, sizeof(bool)),
		.done = xcalloc(result->case_count, sizeof(bool)),
		.order = xcalloc(result->contender_count, sizeof(size_t)),
		.started_ns = clock_now_ns(experiment->clock),
	};

	state.phase_ns = state.started_ns;
	begin(&state);
	/* Not the same orders again where an experiment goes on. */
	random_init(&state.random,
		    result->command.seed + (experiment->rounds_before ? result->run_count : 0));
	tell_outlook(experiment);
	int r = run_rounds(&state, err);
	if (r == 0)
		r = run_observed(&state, err);
	result->command.elapsed_ns = (double)elapsed_ns(&state);
	result->partial = state.interrupted || r < 0;
	free(result->command.stopped);
	result->command.stopped =
		xstrdup(state.interrupted ? "interrupted" : stopping_reason_name(state.reason));
	summarise(&state);
	free(state.out);
	free(state.done);
	free(state.order);
	return r;
}

size_t experiment_failures(const struct result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < result->run_count; i++)
		count += result->runs[i].error != NULL;
	return count;
}
