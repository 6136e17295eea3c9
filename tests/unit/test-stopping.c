/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/units.h"
#include "stats/stopping.h"

static enum stopping_reason decide(const struct stopping_rule *rule, unsigned int rounds,
				   double elapsed_s, double precision_pct)
{
	struct stopping_state state = {
		.rounds = rounds,
		.elapsed_ns = (uint64_t)(elapsed_s * (double)NS_PER_SEC),
		.precision_pct = precision_pct,
	};

	return stopping_decide(rule, &state);
}

static void test_fixed_rounds(void **state)
{
	const struct stopping_rule rule = { .rounds = 7 };

	for (unsigned int rounds = 0; rounds < 7; rounds++)
		assert_int_equal(decide(&rule, rounds, 1e6, 0), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, 7, 0, NAN), STOPPING_ROUNDS);
	assert_true(stopping_confidence(&rule, 0.95) == 0.95);
	assert_false(stopping_is_look(&rule, 7));
}

static void test_budget(void **state)
{
	const struct stopping_rule rule = { .budget_ns = 60 * NS_PER_SEC };

	assert_int_equal(decide(&rule, 0, 0, NAN), STOPPING_NOT_YET);
	/* One round answers nothing, even where it took too long. */
	assert_int_equal(decide(&rule, 1, 90, NAN), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, 2, 180, NAN), STOPPING_BUDGET);
	/* Rounds of 10 s: the sixth just fits, a seventh does not. */
	assert_int_equal(decide(&rule, 5, 50, NAN), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, 5, 50.1, NAN), STOPPING_BUDGET);
	assert_int_equal(decide(&rule, 6, 60, NAN), STOPPING_BUDGET);
	assert_int_equal(decide(&rule, 100000, 1, NAN), STOPPING_NOT_YET);
	assert_true(stopping_confidence(&rule, 0.95) == 0.95);
}

static void test_looks(void **state)
{
	static const unsigned int expected[] = { 5, 8, 12, 18, 27, 41, 62, 100 };
	const struct stopping_rule rule = { .precision_pct = 2 };
	size_t found = 0;

	for (unsigned int rounds = 0; rounds <= 200; rounds++) {
		if (!stopping_is_look(&rule, rounds))
			continue;
		assert_true(found < ARRAY_SIZE(expected));
		assert_int_equal(rounds, expected[found++]);
	}
	assert_int_equal(found, ARRAY_SIZE(expected));
	assert_true(fabs(stopping_confidence(&rule, 0.95) - (1 - 0.05 / 8)) < 1e-12);
}

/* However few or many rounds there may be, the last is a look and the error is shared by as many
 * looks as there are. */
static void test_looks_end_with_the_last_round(void **state)
{
	for (unsigned int rounds = 1; rounds < 300; rounds++) {
		const struct stopping_rule rule = { .rounds = rounds, .precision_pct = 2 };
		unsigned int looks = 0;

		for (unsigned int i = 0; i <= rounds + 5; i++)
			looks += stopping_is_look(&rule, i);
		assert_true(stopping_is_look(&rule, rounds));
		assert_false(stopping_is_look(&rule, rounds + 1));
		assert_true(fabs(stopping_confidence(&rule, 0.9) - (1 - 0.1 / looks)) < 1e-12);
	}
}

static void test_precision(void **state)
{
	const struct stopping_rule rule = { .precision_pct = 2 };

	assert_int_equal(decide(&rule, 5, 1, 2.1), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, 5, 1, NAN), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, 5, 1, 2), STOPPING_PRECISION);
	/* Between the looks a narrow interval must not stop. */
	assert_int_equal(decide(&rule, 6, 1, 0.1), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, 7, 1, 0.1), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, 8, 1, 0.1), STOPPING_PRECISION);
	assert_int_equal(decide(&rule, 100, 1, 2.1), STOPPING_ROUNDS);
	assert_int_equal(decide(&rule, 100, 1, 1.9), STOPPING_PRECISION);
}

/* A decision ends it at a look; with a precision wanted, both must be there. */
static void test_conditions(void **state)
{
	const struct stopping_rule rule = { .gated = true };
	const struct stopping_rule both = { .gated = true, .precision_pct = 2 };
	const struct stopping_rule budget = { .gated = true, .budget_ns = NS_PER_SEC };
	struct stopping_state open = { .rounds = 5, .precision_pct = 1, .undecided = true };
	struct stopping_state decided = { .rounds = 5, .precision_pct = NAN };

	assert_int_equal(stopping_decide(&rule, &open), STOPPING_NOT_YET);
	assert_int_equal(stopping_decide(&rule, &decided), STOPPING_DECIDED);
	assert_int_equal(stopping_decide(&both, &open), STOPPING_NOT_YET);
	assert_int_equal(stopping_decide(&both, &decided), STOPPING_NOT_YET);
	decided.precision_pct = 1;
	assert_int_equal(stopping_decide(&both, &decided), STOPPING_PRECISION);
	decided.rounds = 6; /* no look */
	assert_int_equal(stopping_decide(&rule, &decided), STOPPING_NOT_YET);
	open.rounds = STOPPING_MAX_ROUNDS;
	assert_int_equal(stopping_decide(&rule, &open), STOPPING_ROUNDS);
	assert_int_equal(stopping_decide(&budget, &open), STOPPING_NOT_YET);
	open.rounds = STOPPING_MAX_ROUNDS_BUDGETED;
	assert_int_equal(stopping_decide(&budget, &open), STOPPING_ROUNDS);
	assert_true(fabs(stopping_confidence(&rule, 0.95) - (1 - 0.05 / 8)) < 1e-12);
}

static void test_whatever_comes_first(void **state)
{
	const struct stopping_rule rule = {
		.rounds = 20,
		.budget_ns = 60 * NS_PER_SEC,
		.precision_pct = 2,
	};

	assert_int_equal(decide(&rule, 5, 50, 1), STOPPING_PRECISION);
	assert_int_equal(decide(&rule, 6, 55, 1), STOPPING_BUDGET);
	assert_int_equal(decide(&rule, 20, 55, 3), STOPPING_ROUNDS);
}

static void test_no_rule_ends_all_the_same(void **state)
{
	const struct stopping_rule rule = { .rounds = 0 };

	assert_int_equal(decide(&rule, STOPPING_MAX_ROUNDS - 1, 0, NAN), STOPPING_NOT_YET);
	assert_int_equal(decide(&rule, STOPPING_MAX_ROUNDS, 0, NAN), STOPPING_ROUNDS);
}

static void test_huge_numbers(void **state)
{
	const struct stopping_rule rule = {
		.rounds = UINT_MAX,
		.budget_ns = UINT64_MAX,
		.precision_pct = 1,
	};
	const struct stopping_state late = { UINT_MAX - 1, UINT64_MAX - 1, NAN, false };

	assert_true(stopping_is_look(&rule, UINT_MAX));
	assert_true(stopping_confidence(&rule, 0.95) < 1);
	assert_int_equal(stopping_decide(&rule, &late), STOPPING_BUDGET);
}

static void test_names(void **state)
{
	assert_string_equal(stopping_reason_name(STOPPING_NOT_YET), "not yet");
	assert_string_equal(stopping_reason_name(STOPPING_ROUNDS), "rounds");
	assert_string_equal(stopping_reason_name(STOPPING_BUDGET), "budget");
	assert_string_equal(stopping_reason_name(STOPPING_PRECISION), "precision");
	assert_string_equal(stopping_reason_name(STOPPING_DECIDED), "decided");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_rounds),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_looks_end_with_the_last_round),
		cmocka_unit_test(test_precision),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_whatever_comes_first),
		cmocka_unit_test(test_no_rule_ends_all_the_same),
		cmocka_unit_test(test_huge_numbers),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
