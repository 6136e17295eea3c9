/* SPDX-License-Identifier: MIT */
/* Which results can be compared, and what is compared of them. */
#include "model/across.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"

static void make_result(struct result *result, double ratio)
{
	static const char *const names[] = { "glibc", "je" };

	result_init(result);
	result->command.margin_pct = 5;
	result->host.kernel = xstrdup("6.1");
	result->host.cpus = 2;
	for (size_t i = 0; i < 2; i++) {
		struct contender *contender = result_add_contender(result);

		contender->name = xstrdup(names[i]);
		contender->role = i ? ROLE_CONTENDER : ROLE_BASELINE;
		contender->version = xstrdup("5.3");
	}
	result_add_case(result)->name = xstrdup("churn");
	struct summary *summary = result_add_summary(result);
	summary->contender_index = 1;
	summary->metric = METRIC_WALL_NS;
	summary->ratio = ratio;
	summary->ratio_low = ratio * 0.99;
	summary->ratio_high = ratio * 1.01;
	summary->rounds = 10;
}

static int compare(const struct result *now, const struct result *then, const bool *allowed,
		   struct across *across, struct error *err)
{
	static const bool none[ACROSS_KINDS];

	return across_compare(now, then, allowed ? allowed : none, across, err);
}

static void ratios_are_compared(void **state)
{
	struct result now, then;
	struct across across;

	make_result(&now, 1.32);
	make_result(&then, 1.2);
	assert_int_equal(compare(&now, &then, NULL, &across, NULL), 0);
	assert_int_equal(across.row_count, 1);
	assert_true(fabs(across.rows[0].change - 1.1) < 1e-9);
	assert_true(across.rows[0].change_low > 1.08 && across.rows[0].change_high < 1.12);
	assert_int_equal(across.rows[0].verdict, VERDICT_SLOWER);
	across_release(&across);
	result_release(&now);
	result_release(&then);
}

static void conditions_are_about_the_change(void **state)
{
	struct result now, then;
	struct across across;

	make_result(&now, 1.32);
	make_result(&then, 1.2);
	struct gate *gate = result_add_gate(&now);
	gate->condition = xstrdup("je slower 20%");
	gate->contender_index = 1;
	gate->metric = METRIC_WALL_NS;
	gate->above = gate->any_case = true;
	gate->limit = 1.2;
	assert_int_equal(compare(&now, &then, NULL, &across, NULL), 0);
	across_judge_gates(&across, &now);
	assert_int_equal(now.gates[0].decision,
			 GATE_DOES_NOT_HOLD); /* 1.1, though the ratio is 1.32 */
	now.gates[0].limit = 1.05;
	across_judge_gates(&across, &now);
	assert_int_equal(now.gates[0].decision, GATE_HOLDS);
	now.gates[0].metric = METRIC_CPU_NS; /* that nobody measured */
	across_judge_gates(&across, &now);
	assert_int_equal(now.gates[0].decision, GATE_UNDECIDED);
	across_release(&across);
	result_release(&now);
	result_release(&then);
}

static void what_differs_is_refused(void **state)
{
	const bool allowed[ACROSS_KINDS] = { [ACROSS_KERNEL] = true };
	struct result now, then;
	struct across across;
	_cleanup_error_ struct error err = ERROR_INIT;

	make_result(&now, 1);
	make_result(&then, 1);
	free(then.host.kernel);
	then.host.kernel = xstrdup("5.10");
	assert_int_equal(compare(&now, &then, NULL, &across, &err), -EINVAL);
	assert_string_equal(err.message,
			    "the earlier result is of another kernel (kernel: 6.1, was 5.10)");
	assert_non_null(strstr(err.hint, "--despite kernel"));
	across_release(&across);
	assert_int_equal(compare(&now, &then, allowed, &across, NULL), 0);
	assert_string_equal(across.despite.buf, "another kernel (kernel: 6.1, was 5.10)");
	across_release(&across);
	then.host.cpus = 4;
	assert_int_equal(compare(&now, &then, allowed, &across, NULL), -EINVAL);
	across_release(&across);
	result_release(&now);
	result_release(&then);
}

static void names_are_read_back(void **state)
{
	for (int kind = 0; kind < ACROSS_KINDS; kind++)
		assert_int_equal(across_kind_by_name(across_kind_name(kind)), kind);
	assert_int_equal(across_kind_by_name("weather"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios_are_compared),
		cmocka_unit_test(conditions_are_about_the_change),
		cmocka_unit_test(what_differs_is_refused),
		cmocka_unit_test(names_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
