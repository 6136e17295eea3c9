/* SPDX-License-Identifier: MIT */
#include "model/headline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/document.h"

static void load(const char *fixture, struct result *result)
{
	_cleanup_free_ char *path = xasprintf("%s/results/%s.json", getenv("FIXTURES"), fixture);
	_cleanup_error_ struct error err = ERROR_INIT;

	result_init(result);
	if (document_load(path, result, &err) < 0)
		fail_msg("%s", err.message);
}

/* A shootout of two contenders on three cases, time and memory alone. */
static void make_shootout(struct result *result)
{
	static const char *const names[] = { "glibc", "fast", "slow" };

	result_init(result);
	result->kind = RESULT_BENCH;
	result->command.metric = METRIC_WALL_NS;
	result->command.margin_pct = 5;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct contender *contender = result_add_contender(result);

		contender->name = xstrdup(names[i]);
		contender->role = i ? ROLE_CONTENDER : ROLE_BASELINE;
	}
	for (int i = 0; i < 3; i++)
		result_add_case(result)->name = xasprintf("case-%d", i);
}

static void add_summary(struct result *result, size_t case_index, size_t contender_index,
			enum metric_id metric, double ratio, enum verdict verdict)
{
	struct summary *summary = result_add_summary(result);

	summary->case_index = case_index;
	summary->contender_index = contender_index;
	summary->metric = metric;
	summary->estimate = 100 * ratio;
	summary->ratio = ratio;
	summary->verdict = verdict;
	summary->has_verdict = true;
}

static void counts_means_and_the_worst(void **state)
{
	struct result result;
	struct headline headline;

	make_shootout(&result);
	/* The slower one comes first in the document. */
	add_summary(&result, 0, 2, METRIC_WALL_NS, 4.0, VERDICT_SLOWER);
	add_summary(&result, 1, 2, METRIC_WALL_NS, 0.25, VERDICT_FASTER);
	add_summary(&result, 2, 2, METRIC_WALL_NS, 1.0, VERDICT_UNCLEAR);
	add_summary(&result, 0, 1, METRIC_WALL_NS, 0.5, VERDICT_FASTER);
	add_summary(&result, 1, 1, METRIC_WALL_NS, 0.5, VERDICT_FASTER);
	add_summary(&result, 2, 1, METRIC_WALL_NS, 1.0, VERDICT_TIE);
	add_summary(&result, 0, 1, METRIC_PEAK_RSS_BYTES, 2.0, VERDICT_SLOWER);
	add_summary(&result, 1, 1, METRIC_PEAK_RSS_BYTES, 0.5, VERDICT_FASTER);
	headline_init(&headline, &result);

	assert_int_equal(headline.row_count, 2);
	const struct headline_row *fast = &headline.rows[0], *slow = &headline.rows[1];
	assert_int_equal(fast->contender_index, 1);
	assert_int_equal(fast->judged.verdicts[VERDICT_FASTER], 2);
	assert_int_equal(fast->judged.verdicts[VERDICT_TIE], 1);
	assert_true(fabs(fast->judged.mean - cbrt(0.25)) < 1e-9);
	assert_true(fabs(fast->judged.worst - 1) < 1e-9);
	assert_int_equal(fast->judged.worst_case, 2);
	/* Two of three cases have figures of memory. */
	assert_int_equal(fast->memory.cases, 2);
	assert_true(fabs(fast->memory.mean - 1) < 1e-9);
	assert_int_equal(fast->memory.verdicts[VERDICT_SLOWER], 1);
	assert_int_equal(slow->judged.worst_case, 0);
	assert_int_equal(slow->memory.cases, 0);
	assert_true(isnan(slow->memory.mean) && slow->memory.worst_case == SIZE_MAX);
	assert_int_equal(headline.unclear, 1);

	/* Of two cases that are as far from the baseline the first comes first; the third does not differ. */
	assert_int_equal(headline.case_count, 2);
	assert_int_equal(headline.cases[0].case_index, 0);
	assert_int_equal(headline.cases[0].fastest, 1);
	assert_int_equal(headline.cases[0].slowest, 2);
	assert_int_equal(headline.cases[1].fastest, 2);
	assert_true(headline.cases[1].slowest == SIZE_MAX);
	assert_int_equal(headline.advice, ADVICE_ABSENT);
	assert_true(isnan(headline.noise_pct) && !headline.noisy);
	headline_release(&headline);
	result_release(&result);
}

static void more_can_be_better(void **state)
{
	struct result result;
	struct headline headline;

	make_shootout(&result);
	result.command.metric = METRIC_OPS_PER_S;
	add_summary(&result, 0, 1, METRIC_OPS_PER_S, 2.0, VERDICT_FASTER);
	add_summary(&result, 1, 1, METRIC_OPS_PER_S, 0.9, VERDICT_SLOWER);
	add_summary(&result, 0, 2, METRIC_OPS_PER_S, 0.4, VERDICT_SLOWER);
	headline_init(&headline, &result);
	assert_int_equal(headline.rows[0].contender_index, 1);
	assert_int_equal(headline.rows[0].judged.worst_case, 1);
	assert_int_equal(headline.cases[0].case_index, 0);
	assert_int_equal(headline.cases[0].fastest, 1);
	assert_int_equal(headline.cases[0].slowest, 2);
	headline_release(&headline);
	result_release(&result);
}

static void a_contender_that_failed_everywhere_is_last(void **state)
{
	struct result result;
	struct headline headline;

	make_shootout(&result);
	result_add_run(&result)->contender_index = 1;
	add_summary(&result, 0, 2, METRIC_WALL_NS, 1.0, VERDICT_TIE);
	headline_init(&headline, &result);
	assert_int_equal(headline.row_count, 2);
	assert_int_equal(headline.rows[0].contender_index, 2);
	assert_true(isnan(headline.rows[1].judged.mean));
	headline_release(&headline);
	result_release(&result);
}

static void advises_what_was_measured(void **state)
{
	struct result result;
	struct headline headline;

	load("verified", &result);
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_SET);
	assert_string_equal(headline.remedy->env[0], "MALLOC_CONF=lg_extent_max_active_fit:10");
	assert_ptr_equal(headline.cause, headline.remedy);
	assert_string_equal(result.contenders[headline.remedy_contender].name,
			    "self[lg_extent_max_active_fit:10]");
	assert_true(headline.memory_pct > 70 && headline.memory_pct < 80);
	assert_true(headline.noisy && headline.noise_pct > 5);
	headline_release(&headline);

	/* Without the gain nothing is left: the others were refuted. */
	result.findings[1].judgement = JUDGEMENT_REFUTED;
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_REFUTED);
	assert_null(headline.remedy);
	assert_string_equal(headline.cause->id, "dontneed-refaults");
	headline_release(&headline);

	result.findings[1].judgement = JUDGEMENT_AS_PREDICTED;
	result.findings[1].measured_gain_pct = 1;
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_NEGLIGIBLE);
	headline_release(&headline);
	result_release(&result);
}

static void advises_to_try_what_was_not_verified(void **state)
{
	struct result result;
	struct headline headline;

	load("explained", &result);
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_TRY);
	assert_string_equal(headline.remedy->id, "heap-shrink");
	assert_true(headline.remedy_contender == SIZE_MAX);
	headline_release(&headline);

	/* A finding without a setting is a cause without a remedy. */
	finding_drop_settings(&result.findings[1], 0);
	for (size_t i = 2; i < result.finding_count; i++)
		finding_drop_settings(&result.findings[i], 0);
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_NONE_KNOWN);
	assert_string_equal(headline.cause->id, "heap-shrink");
	headline_release(&headline);

	/* Of a lower probe that is not said: it did not see. */
	free(result.command.probe);
	result.command.probe = xstrdup("ptrace");
	free(result.command.probe_lost);
	result.command.probe_lost = xstrdup("no refaults by cause");
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_UNSEEN);
	headline_release(&headline);
	result_release(&result);
}

static void keeps_the_default_where_nothing_was_confirmed(void **state)
{
	struct result result;
	struct headline headline;

	make_shootout(&result);
	result.kind = RESULT_TUNE;
	result.tuning = xcalloc(1, sizeof(*result.tuning));
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_KEEP);
	headline_release(&headline);

	add_summary(&result, 0, 1, METRIC_WALL_NS, 0.9, VERDICT_UNCLEAR);
	*ARRAY_PUSH(result.tuning->finalists, result.tuning->finalist_count,
		    result.tuning->finalist_alloc) = (struct tuning_finalist){
		.contender_index = 1,
		.end = FINALIST_UNCONFIRMED,
		.case_index = SIZE_MAX,
	};
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_UNSETTLED);
	headline_release(&headline);

	result.tuning->finalists[0].end = FINALIST_RECOMMENDED;
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_SET);
	assert_ptr_equal(headline.finalist, &result.tuning->finalists[0]);
	headline_release(&headline);

	result.tuning->finalists[0].end = FINALIST_UNCONFIRMED;
	result.partial = true;
	headline_init(&headline, &result);
	assert_int_equal(headline.advice, ADVICE_INTERRUPTED);
	headline_release(&headline);
	result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_means_and_the_worst),
		cmocka_unit_test(more_can_be_better),
		cmocka_unit_test(a_contender_that_failed_everywhere_is_last),
		cmocka_unit_test(advises_what_was_measured),
		cmocka_unit_test(advises_to_try_what_was_not_verified),
		cmocka_unit_test(keeps_the_default_where_nothing_was_confirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
