/* SPDX-License-Identifier: MIT */
/* What a budget leaves for the rounds, and when it cannot be kept. */
#include "run/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"

#define S NS_PER_SEC

static void everything_counts(void **state)
{
	const struct budget none = { 0, 5 * S, 3 * S, 1 };
	const struct budget budget = { 60 * S, 10 * S, 3 * S, 1 };
	const struct budget spent = { 60 * S, 70 * S, 3 * S, 0 };

	assert_int_equal(budget_for_rounds_ns(&none), 0);
	assert_int_equal(budget_for_rounds_ns(&budget), 47 * S);
	assert_int_equal(budget_for_rounds_ns(&spent), 1);
}

static void what_cannot_be_kept_is_said(void **state)
{
	const struct budget none = { 0, 5 * S, 3 * S, 1 };
	const struct budget enough = { 16 * S, 10 * S, 3 * S, 0 };
	const struct budget short_one = { 16 * S, 10 * S, 3 * S, 1 };

	assert_null(budget_shortfall(&none));
	assert_null(budget_shortfall(&enough));
	char *text = budget_shortfall(&short_one);
	assert_non_null(text);
	assert_non_null(strstr(text, "a round takes about 3.00 s"));
	assert_non_null(strstr(text, "2 rounds are run all the same, about 19.0 s in all"));
	assert_non_null(strstr(text, "--budget 28 would give 5"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_counts),
		cmocka_unit_test(what_cannot_be_kept_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
