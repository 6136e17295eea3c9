/* SPDX-License-Identifier: MIT */
#include "cmd/failif.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xalloc.h"

static void conditions_are_parsed(void **state)
{
	struct failif failif;

	assert_int_equal(failif_parse("jemalloc slower 5%", &failif, NULL), 0);
	assert_string_equal(failif.contender, "jemalloc");
	assert_int_equal(failif.metric, METRIC_WALL_NS);
	assert_true(failif.above);
	assert_true(failif.pct == 5);
	assert_null(failif.case_name);
	failif_release(&failif);
	assert_int_equal(failif_parse("a[b:1,c:2] smaller in mpsc/8/senders=1", &failif, NULL), 0);
	assert_int_equal(failif.metric, METRIC_PEAK_RSS_BYTES);
	assert_false(failif.above);
	assert_true(failif.pct == 0);
	assert_string_equal(failif.case_name, "mpsc/8/senders=1");
	failif_release(&failif);
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = { "",
					     "jemalloc",
					     "jemalloc better 5%",
					     "a slower x%",
					     "a slower -5%",
					     "a slower 5% at b",
					     "a slower 5% in ",
					     "a faster 100%",
					     "a slower 5% in" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct failif failif;

		assert_int_equal(failif_parse(texts[i], &failif, NULL), -EINVAL);
	}
}

static struct summary *add_summary(struct result *result, double low, double high)
{
	struct summary *summary = result_add_summary(result);

	summary->contender_index = 1;
	summary->metric = METRIC_WALL_NS;
	summary->ratio = (low + high) / 2;
	summary->ratio_low = low;
	summary->ratio_high = high;
	return summary;
}

static void check_holds(struct result *result, const char *text, size_t wanted)
{
	struct failif failif;

	assert_int_equal(failif_parse(text, &failif, NULL), 0);
	assert_int_equal(failif_check(&failif, result, NULL), 0);
	assert_true(failif_find(&failif, result) == wanted);
	failif_release(&failif);
}

static void the_whole_interval_must_lie_beyond(void **state)
{
	struct result result;
	struct failif failif;

	result_init(&result);
	result_add_contender(&result)->name = xstrdup("base");
	result_add_contender(&result)->name = xstrdup("other");
	result_add_case(&result)->name = xstrdup("one");
	result_add_case(&result)->name = xstrdup("two");
	add_summary(&result, 1.04, 1.2);
	add_summary(&result, 1.06, 1.1)->case_index = 1;
	check_holds(&result, "other slower 5%", 1);
	check_holds(&result, "other slower 5% in one", SIZE_MAX);
	check_holds(&result, "other slower", 0);
	check_holds(&result, "other faster", SIZE_MAX);
	check_holds(&result, "other bigger", SIZE_MAX);
	assert_int_equal(failif_parse("nobody slower", &failif, NULL), 0);
	assert_int_equal(failif_check(&failif, &result, NULL), -EINVAL);
	failif_release(&failif);
	result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_parsed),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(the_whole_interval_must_lie_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
