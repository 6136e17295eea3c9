/* SPDX-License-Identifier: MIT */
#include "model/judge.h"

#include <math.h>
#include <stdint.h>

#include "model/summarise.h"

/* Comparisons with NAN are false: what has no interval stays undecided. */
static enum gate_decision decide(const struct gate *gate)
{
	/* Two rounds that are equal by chance have an interval of no width. */
	if (gate->rounds < SUMMARY_ROUNDS_MIN)
		return GATE_UNDECIDED;
	double noise = 1 + fmax(gate->noise_floor_pct, 0) / 100; /* fmax() passes over NAN */

	if (gate->above ? gate->ratio_low > gate->limit && gate->ratio > gate->limit * noise
			: gate->ratio_high < gate->limit && gate->ratio < gate->limit / noise)
		return GATE_HOLDS;
	/* Exactly at the limit it does not hold. */
	if (gate->above ? gate->ratio_high <= gate->limit && gate->ratio <= gate->limit / noise
			: gate->ratio_low >= gate->limit && gate->ratio >= gate->limit * noise)
		return GATE_DOES_NOT_HOLD;
	return GATE_UNDECIDED;
}

/* The source of a condition's figures. */
struct gate_source {
	void (*get)(const struct gate *gate, size_t case_index, void *context,
		    struct gate_figures *ret);
	void *context;
};

static void get_summary(const struct gate *gate, size_t case_index, void *context,
			struct gate_figures *ret)
{
	const struct result *result = context;
	const struct summary *summary =
		result_find_summary(result, case_index, gate->contender_index, gate->metric);

	if (summary)
		*ret = (struct gate_figures){
			summary->ratio,
			summary->ratio_low,
			summary->ratio_high,
			result_noise_floor_pct(result, case_index, gate->metric),
			summary->rounds,
		};
}

/* Sets the figures and the decision in one case. */
static void judge_in(struct gate *gate, const struct gate_source *source, size_t case_index)
{
	struct gate_figures figures = { NAN, NAN, NAN, NAN, 0 };

	source->get(gate, case_index, source->context, &figures);
	gate->case_index = case_index;
	gate->ratio = figures.ratio;
	gate->ratio_low = figures.ratio_low;
	gate->ratio_high = figures.ratio_high;
	gate->noise_floor_pct = figures.noise_floor_pct;
	gate->rounds = figures.rounds;
	gate->decision = decide(gate);
}

/* Whether case b says more about the condition than a: one that holds, then one undecided, then the nearest. */
static bool says_more(const struct gate *b, const struct gate *a)
{
	static const int order[] = {
		[GATE_HOLDS] = 2, [GATE_UNDECIDED] = 1, [GATE_DOES_NOT_HOLD] = 0
	};

	if (a->decision != b->decision)
		return order[b->decision] > order[a->decision];
	return b->above ? b->ratio_high > a->ratio_high : b->ratio_low < a->ratio_low;
}

void gate_judge_by(struct gate *gate, size_t case_count,
		   void (*get)(const struct gate *gate, size_t case_index, void *context,
			       struct gate_figures *ret),
		   void *context)
{
	const struct gate_source source = { get, context };
	struct gate most;

	if (!gate->any_case) {
		judge_in(gate, &source, gate->case_index);
		return;
	}
	judge_in(gate, &source, 0);
	most = *gate;
	for (size_t i = 1; i < case_count; i++) {
		judge_in(gate, &source, i);
		if (says_more(gate, &most))
			most = *gate;
	}
	*gate = most;
}

void gate_judge(struct gate *gate, const struct result *result)
{
	gate_judge_by(gate, result->case_count, get_summary, (void *)result);
}

bool gate_needs_rounds(const struct gate *gate, const struct result *result, size_t case_index)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);
	struct gate copy = *gate;

	if (!gate_covers(gate, case_index) || baseline == SIZE_MAX ||
	    result_contender_is_out(result, case_index, baseline) ||
	    result_contender_is_out(result, case_index, gate->contender_index))
		return false;
	judge_in(&copy, &(struct gate_source){ get_summary, (void *)result }, case_index);
	return copy.decision == GATE_UNDECIDED;
}

static const char *decision_text(enum gate_decision decision)
{
	return decision == GATE_HOLDS           ? "holds"
	       : decision == GATE_DOES_NOT_HOLD ? "does not hold"
						: "undecided";
}

/* Why it could not be decided. */
static void describe_undecided(const struct gate *gate, const struct result *result,
			       struct strbuf *sb)
{
	const char *contender = result->contenders[gate->contender_index].name;

	if (isnan(gate->ratio))
		strbuf_addf(sb, "there are no figures of %s%s", contender,
			    result->contenders[gate->contender_index].withdrawn
				    ? ", which was withdrawn"
				    : "");
	else if (isnan(gate->ratio_low) || gate->rounds < SUMMARY_ROUNDS_MIN)
		strbuf_addf(sb, "too few rounds for an interval (%u)", gate->rounds);
	else if (gate->ratio_low >= gate->limit || gate->ratio_high <= gate->limit)
		strbuf_addf(sb, "within the noise floor of %.1f%% of %.2f", gate->noise_floor_pct,
			    gate->limit);
	else
		strbuf_addf(sb, "%.2f lies inside the interval", gate->limit);
}

void gate_describe(const struct gate *gate, const struct result *result, struct strbuf *sb)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);
	const char *reference =
		baseline == SIZE_MAX ? "the baseline" : result->contenders[baseline].name;

	strbuf_addf(sb, "%s: %s: ", decision_text(gate->decision), gate->condition);
	if (result->case_count > 1)
		strbuf_addf(sb, "in %s ", result->cases[gate->case_index].name);
	bool has_interval = !isnan(gate->ratio_low) && gate->rounds >= SUMMARY_ROUNDS_MIN;

	if (has_interval && gate->across)
		strbuf_addf(sb,
			    "the ratio of %s to %s is %.3fx the earlier one (%.3f to %.3f, %u "
			    "rounds): ",
			    result_metric_label(result, gate->metric), reference, gate->ratio,
			    gate->ratio_low, gate->ratio_high, gate->rounds);
	else if (has_interval)
		strbuf_addf(sb, "%s is %.3fx that of %s (%.3f to %.3f, %u rounds): ",
			    result_metric_label(result, gate->metric), gate->ratio, reference,
			    gate->ratio_low, gate->ratio_high, gate->rounds);
	if (gate->decision == GATE_UNDECIDED)
		describe_undecided(gate, result, sb);
	else
		strbuf_addf(sb, "the whole interval is %s %.2f",
			    (gate->decision == GATE_HOLDS) == gate->above ? "above" : "below",
			    gate->limit);
}

void result_judge_gates(struct result *result)
{
	for (size_t i = 0; i < result->gate_count; i++)
		gate_judge(&result->gates[i], result);
}
