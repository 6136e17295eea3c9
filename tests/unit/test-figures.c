/* SPDX-License-Identifier: MIT */
#include "run/figures.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

static int parse(const char *text, struct figures *figures)
{
	figures_init(figures);
	return figures_parse(text, strlen(text), figures, NULL);
}

static void a_report_is_taken_apart(void **state)
{
	struct figures figures;

	assert_int_equal(
		parse("iterations 12\nwall_ns 2500000\nmalloc_object /lib/a b.so\n", &figures), 0);
	assert_int_equal(figures.iterations, 12);
	assert_true(figures.metrics.value[METRIC_WALL_NS] == 2500000);
	assert_false(metrics_has(&figures.metrics, METRIC_USER_NS));
	assert_string_equal(figures_other(&figures, "malloc_object"), "/lib/a b.so");
	assert_null(figures_other(&figures, "wall_ns"));
	figures_release(&figures);
}

static void what_is_no_report_is_refused(void **state)
{
	static const char *const texts[] = {
		"wall_ns\n",
		"wall_ns \n",
		" 5\n",
		"wall_ns -1\n",
		"wall_ns nan\n",
		"wall_ns 1e999\n",
		"wall_ns 1\nwall_ns 2\n",
		"iterations many\n",
		"iterations -1\n",
		"source malloc\nsource pool\n",
		"wall_ns 5 6\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct figures figures;

		assert_int_equal(parse(texts[i], &figures), -EINVAL);
		figures_release(&figures);
	}
}

/* Names are compared with each other: without a bound, a long report takes minutes. */
static void no_report_goes_on_without_end(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct figures figures;

	for (int i = 0; i < FIGURES_OTHERS_MAX; i++)
		strbuf_addf(&text, "name%d x\n", i);
	assert_int_equal(parse(text.buf, &figures), 0);
	assert_string_equal(figures_other(&figures, "name255"), "x");
	figures_release(&figures);
	strbuf_addstr(&text, "one_more x\n");
	assert_int_equal(parse(text.buf, &figures), -EINVAL);
	figures_release(&figures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_taken_apart),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(no_report_goes_on_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
