/* SPDX-License-Identifier: MIT */
#include "probe/probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int works(struct error *err)
{
	return 0;
}

static int lacks_privilege(struct error *err)
{
	error_set(err, ERROR_MACHINE, EPERM, "this user may not");
	error_hint(err, "sudo");
	return -EPERM;
}

static int lacks_kernel(struct error *err)
{
	return error_set(err, ERROR_MACHINE, ENOSYS, "this kernel has none");
}

static const struct probe top_fails = { .name = "top",
					.gives = "refaults",
					.check = lacks_privilege };
static const struct probe mid_fails = { .name = "mid", .gives = "counts", .check = lacks_kernel };
static const struct probe mid_works = { .name = "mid", .gives = "counts", .check = works };
static const struct probe low_works = { .name = "low", .gives = "faults", .check = works };

static void test_auto_takes_the_highest(void **state)
{
	const struct probe *const ladder[] = { &mid_works, &low_works, NULL };
	const struct probe *probe = NULL;
	char *lost = (char *)"";

	assert_int_equal(probe_select_from(ladder, "auto", &probe, &lost, NULL), 0);
	assert_ptr_equal(probe, &mid_works);
	assert_null(lost);
}

static void test_auto_says_what_was_lost(void **state)
{
	const struct probe *const ladder[] = { &top_fails, &mid_fails, &low_works, NULL };
	const struct probe *probe = NULL;
	char *lost = NULL;

	assert_int_equal(probe_select_from(ladder, "auto", &probe, &lost, NULL), 0);
	assert_ptr_equal(probe, &low_works);
	assert_string_equal(lost, "no refaults, because top does not work here: this user may not "
				  "(remedy: sudo); no counts, because mid does not work here: this "
				  "kernel has none");
	free(lost);
}

static void test_auto_with_nothing(void **state)
{
	const struct probe *const ladder[] = { &top_fails, NULL };
	const struct probe *probe = NULL;
	struct error err = ERROR_INIT;
	char *lost = NULL;

	assert_int_equal(probe_select_from(ladder, "auto", &probe, &lost, &err), -ENOTSUP);
	assert_int_equal(err.kind, ERROR_MACHINE);
	assert_null(lost);
	error_release(&err);
}

static void test_explicit(void **state)
{
	const struct probe *const ladder[] = { &top_fails, &mid_works, &low_works, NULL };
	const struct probe *probe = NULL;
	struct error err = ERROR_INIT;
	char *lost = NULL;

	assert_int_equal(probe_select_from(ladder, "low", &probe, &lost, &err), 0);
	assert_ptr_equal(probe, &low_works);
	assert_null(lost);

	assert_int_equal(probe_select_from(ladder, "top", &probe, &lost, &err), -EPERM);
	assert_int_equal(err.kind, ERROR_MACHINE);
	assert_string_equal(err.message, "the top probe does not work here: this user may not");
	assert_string_equal(err.hint, "sudo");
	error_release(&err);
}

static void test_unknown(void **state)
{
	const struct probe *const ladder[] = { &mid_works, &low_works, NULL };
	const struct probe *probe = NULL;
	struct error err = ERROR_INIT;
	char *lost = NULL;

	assert_int_equal(probe_select_from(ladder, "pe\x1brf", &probe, &lost, &err), -EINVAL);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_null(strchr(err.message, '\x1b'));
	assert_string_equal(err.hint, "choose one of: auto, mid, low");
	error_release(&err);
}

static void test_ladder(void **state)
{
	const struct probe *const *ladder = probe_ladder();
	const struct probe *last = NULL;

	for (; *ladder; ladder++) {
		last = *ladder;
		assert_true(last->name && last->description && last->gives);
		assert_true(last->check && last->open && last->finish && last->close);
		assert_int_equal(!last->enable, !last->disable);
	}
	assert_non_null(last);
	assert_int_equal(last->check(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auto_takes_the_highest),
		cmocka_unit_test(test_auto_says_what_was_lost),
		cmocka_unit_test(test_auto_with_nothing),
		cmocka_unit_test(test_explicit),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_ladder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
