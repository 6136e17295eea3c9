/* SPDX-License-Identifier: MIT */
#include "model/finding.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"

static void judgements(void **state)
{
	static const struct {
		double predicted, measured, low, high, noise;
		enum finding_judgement wanted;
	} rows[] = {
		{ 40, NAN, NAN, NAN, NAN, JUDGEMENT_NOT_VERIFIED },
		{ 40, 40, NAN, NAN, NAN, JUDGEMENT_UNSETTLED },
		{ 40, 41, 38, 44, 1, JUDGEMENT_AS_PREDICTED },
		{ 42, 71, 67, 75, 1, JUDGEMENT_AS_PREDICTED },
		/* Short of the prediction by no more than the margin of 2. */
		{ 40, 38.5, 38, 39, 1, JUDGEMENT_AS_PREDICTED },
		{ 54, 37, 28, 47, 1, JUDGEMENT_SMALLER },
		{ 54, 3, 2.5, 3.5, 1, JUDGEMENT_SMALLER },
		/* A real gain, but surely one that does not matter. */
		{ 54, 1, 0.5, 1.5, 0.1, JUDGEMENT_REFUTED },
		{ 1, 1, 0.5, 1.5, 0.1, JUDGEMENT_AS_PREDICTED },
		/* Within the noise. */
		{ 10, 10, 9, 11, 20, JUDGEMENT_UNSETTLED },
		{ 40, 10, 9, 11, 20, JUDGEMENT_REFUTED },
		/* A ratio that is 25% off is 20% less. */
		{ 22, 22, 21, 23, 25, JUDGEMENT_AS_PREDICTED },
		{ 40, 0, -5, 10, 1, JUDGEMENT_REFUTED },
		{ 40, 10, -5, 30, 1, JUDGEMENT_UNSETTLED },
		{ 40, -30, -40, -20, 1, JUDGEMENT_REFUTED },
		{ NAN, 20, 10, 30, 1, JUDGEMENT_AS_PREDICTED },
		{ NAN, 1, -1, 1.5, 1, JUDGEMENT_REFUTED },
		{ NAN, 1, 0.5, 1.5, 0.1, JUDGEMENT_REFUTED },
		{ NAN, 1, -3, 5, 1, JUDGEMENT_UNSETTLED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct finding finding;

		finding_init(&finding);
		finding.predicted_gain_pct = rows[i].predicted;
		finding.measured_gain_pct = rows[i].measured;
		finding.measured_gain_pct_low = rows[i].low;
		finding.measured_gain_pct_high = rows[i].high;
		finding_judge(&finding, FINDING_MARGIN_PCT, rows[i].noise);
		if (finding.judgement != rows[i].wanted)
			fail_msg("row %zu: %s, wanted %s", i,
				 finding_judgement_name(finding.judgement),
				 finding_judgement_name(rows[i].wanted));
		assert_int_equal(finding_gained(&finding),
				 rows[i].wanted == JUDGEMENT_AS_PREDICTED ||
					 rows[i].wanted == JUDGEMENT_SMALLER);
		finding_release(&finding);
	}
}

static void the_gain_known_best_decides_what_is_worth_a_change(void **state)
{
	static const struct {
		double predicted, measured, margin;
		bool negligible;
	} rows[] = {
		{ 1.9, NAN, 2, true }, { 2, NAN, 2, false },   { 40, 1, 2, true },
		{ 1, 40, 2, false },   { NAN, NAN, 2, false }, { 1, NAN, NAN, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct finding finding = { .predicted_gain_pct = rows[i].predicted,
						 .measured_gain_pct = rows[i].measured };

		assert_int_equal(finding_is_negligible(&finding, rows[i].margin),
				 rows[i].negligible);
	}
}

static void names(void **state)
{
	for (int i = JUDGEMENT_NOT_VERIFIED; i <= JUDGEMENT_UNSETTLED; i++)
		assert_int_equal(finding_judgement_by_name(
					 finding_judgement_name((enum finding_judgement)i)),
				 i);
	assert_int_equal(finding_judgement_by_name("confirmed"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judgements),
		cmocka_unit_test(the_gain_known_best_decides_what_is_worth_a_change),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
