/* SPDX-License-Identifier: MIT */
/* Conditions are decided by the whole interval and the noise floor, or stay undecided. */
#include "model/judge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "model/result.h"

enum { BASE, OTHER, TWIN };

static void make_result(struct result *result, size_t cases)
{
	static const char *const names[] = { "old", "new", "old:twin" };
	static const enum contender_role roles[] = { ROLE_BASELINE, ROLE_CONTENDER, ROLE_TWIN };

	result_init(result);
	result->command.margin_pct = 5;
	for (size_t i = 0; i < 3; i++) {
		struct contender *contender = result_add_contender(result);

		contender->name = xstrdup(names[i]);
		contender->role = roles[i];
	}
	for (size_t i = 0; i < cases; i++)
		result_add_case(result)->name = xasprintf("case-%zu", i);
}

static void add_run(struct result *result, size_t case_index, size_t contender, unsigned int round,
		    double ns)
{
	struct run *run = result_add_run(result);

	run->case_index = case_index;
	run->contender_index = contender;
	run->round = round;
	run->metrics.value[METRIC_WALL_NS] = ns;
}

/* Twelve rounds; the twin is `noise` of the baseline, so that the noise floor is at least that. */
static void add_runs(struct result *result, size_t case_index, double noise)
{
	for (unsigned int round = 1; round <= 12; round++) {
		add_run(result, case_index, BASE, round, 1e6);
		add_run(result, case_index, TWIN, round, 1e6 * noise);
	}
}

static void add_summary(struct result *result, size_t case_index, double low, double high)
{
	struct summary *summary = result_add_summary(result);

	summary->case_index = case_index;
	summary->contender_index = OTHER;
	summary->metric = METRIC_WALL_NS;
	summary->ratio = sqrt(low * high);
	summary->ratio_low = low;
	summary->ratio_high = high;
	summary->rounds = 12;
}

static struct gate slower(double limit)
{
	return (struct gate){
		.condition = (char *)"new slower",
		.contender_index = OTHER,
		.metric = METRIC_WALL_NS,
		.above = limit > 1,
		.limit = limit,
		.any_case = true,
	};
}

static enum gate_decision judge(double limit, double low, double high, double noise)
{
	struct gate gate = slower(limit);
	struct result result;

	make_result(&result, 1);
	add_runs(&result, 0, noise);
	add_summary(&result, 0, low, high);
	gate_judge(&gate, &result);
	result_release(&result);
	return gate.decision;
}

static void the_whole_interval_decides(void **state)
{
	assert_int_equal(judge(1.05, 1.06, 1.10, 1), GATE_HOLDS);
	assert_int_equal(judge(1.05, 0.97, 1.04, 1), GATE_DOES_NOT_HOLD);
	assert_int_equal(judge(1.05, 1.04, 1.10, 1), GATE_UNDECIDED);
	assert_int_equal(judge(1.05, NAN, NAN, 1), GATE_UNDECIDED);
	assert_int_equal(judge(0.80, 0.70, 0.79, 1), GATE_HOLDS);
	assert_int_equal(judge(0.80, 0.81, 0.90, 1), GATE_DOES_NOT_HOLD);
	assert_int_equal(judge(0.80, 0.70, 0.81, 1), GATE_UNDECIDED);
}

/* The baseline differs from itself by 8%: neither answer may rest on less. */
static void the_noise_floor_counts_both_ways(void **state)
{
	assert_int_equal(judge(1.05, 1.08, 1.11, 1.08), GATE_UNDECIDED);
	assert_int_equal(judge(1.05, 0.99, 1.01, 1.08), GATE_UNDECIDED);
	assert_int_equal(judge(1.05, 1.15, 1.20, 1.08), GATE_HOLDS);
	assert_int_equal(judge(1.05, 0.90, 0.95, 1.08), GATE_DOES_NOT_HOLD);
}

static void exactly_at_the_limit_it_does_not_hold(void **state)
{
	assert_int_equal(judge(1.05, 1.05, 1.05, 1), GATE_DOES_NOT_HOLD);
	assert_int_equal(judge(0.80, 0.80, 0.80, 1), GATE_DOES_NOT_HOLD);
}

/* Two pairs that happen to be equal have an interval of no width. */
static void two_rounds_decide_nothing(void **state)
{
	struct gate gate = slower(1.05);
	struct result result;

	make_result(&result, 1);
	add_runs(&result, 0, 1);
	add_summary(&result, 0, 1, 1);
	result.summaries[0].rounds = 2;
	gate_judge(&gate, &result);
	assert_int_equal(gate.decision, GATE_UNDECIDED);
	result.summaries[0].rounds = 3;
	gate_judge(&gate, &result);
	assert_int_equal(gate.decision, GATE_DOES_NOT_HOLD);
	result_release(&result);
}

static void any_case_will_do(void **state)
{
	struct gate gate = slower(1.05);
	struct result result;

	make_result(&result, 3);
	for (size_t i = 0; i < 3; i++)
		add_runs(&result, i, 1);
	add_summary(&result, 0, 0.99, 1.01);
	add_summary(&result, 1, 1.00, 1.02);
	gate_judge(&gate, &result);
	assert_int_equal(gate.decision, GATE_UNDECIDED); /* the third has no figures */
	assert_int_equal(gate.case_index, 2);
	add_summary(&result, 2, 0.90, 0.95);
	gate_judge(&gate, &result);
	assert_int_equal(gate.decision, GATE_DOES_NOT_HOLD);
	assert_int_equal(gate.case_index, 1); /* nearest to the limit */
	result.summaries[0].ratio_high = 1.2;
	gate_judge(&gate, &result);
	assert_int_equal(gate.decision, GATE_UNDECIDED);
	assert_int_equal(gate.case_index, 0);
	result.summaries[2] = result.summaries[1];
	result.summaries[2].case_index = 2;
	result.summaries[2].ratio = result.summaries[2].ratio_low = 1.1;
	result.summaries[2].ratio_high = 1.2;
	gate_judge(&gate, &result);
	assert_int_equal(gate.decision, GATE_HOLDS);
	assert_int_equal(gate.case_index, 2);
	result_release(&result);
}

static void rounds_are_for_those_that_take_part(void **state)
{
	struct gate gate = slower(1.05);
	struct result result;

	make_result(&result, 2);
	add_runs(&result, 0, 1);
	add_summary(&result, 0, 1.0, 1.1);
	assert_true(gate_needs_rounds(&gate, &result, 0));
	gate.any_case = false;
	assert_true(gate_needs_rounds(&gate, &result, 0));
	assert_false(gate_needs_rounds(&gate, &result, 1)); /* not about that case */
	result_add_run(&result)->error = xstrdup("timeout");
	result.runs[result.run_count - 1].contender_index = OTHER;
	assert_false(gate_needs_rounds(&gate, &result, 0));
	result_release(&result);
}

static void the_line_says_what_decided(void **state)
{
	struct gate gate = slower(1.05);
	struct result result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	make_result(&result, 1);
	add_runs(&result, 0, 1);
	gate_judge(&gate, &result);
	gate_describe(&gate, &result, &sb);
	assert_string_equal(sb.buf, "undecided: new slower: there are no figures of new");
	add_summary(&result, 0, 1.06, 1.10);
	gate_judge(&gate, &result);
	strbuf_truncate(&sb, 0);
	gate_describe(&gate, &result, &sb);
	assert_string_equal(sb.buf, "holds: new slower: wall time is 1.080x that of old (1.060 to "
				    "1.100, 12 rounds): the whole interval is above 1.05");
	result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_interval_decides),
		cmocka_unit_test(the_noise_floor_counts_both_ways),
		cmocka_unit_test(exactly_at_the_limit_it_does_not_hold),
		cmocka_unit_test(two_rounds_decide_nothing),
		cmocka_unit_test(any_case_will_do),
		cmocka_unit_test(rounds_are_for_those_that_take_part),
		cmocka_unit_test(the_line_says_what_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
