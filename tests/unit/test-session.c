/* SPDX-License-Identifier: MIT */
#include "probe/probe.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

/* A rung that writes down what is asked of it. */
static char diary[64];
static int rung_state;

static void note(const char *what, void *state)
{
	assert_ptr_equal(state, &rung_state);
	strcat(diary, what);
}

static int fake_prepare(void)
{
	return -EACCES;
}

static int fake_open(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	assert_int_equal(pid, getpid());
	strcpy(diary, start == PROBE_AT_ENABLE ? "open-at-enable" : "open-at-exec");
	*ret_state = &rung_state;
	return 0;
}

static int fake_open_fails(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	error_set(err, ERROR_MACHINE, EPERM, "not today");
	error_hint(err, "tomorrow");
	return -EPERM;
}

static void fake_enable(void *state)
{
	note(" enable", state);
}

static void fake_disable(void *state)
{
	note(" disable", state);
}

static void fake_sample(void *state)
{
	note(" sample", state);
}

static void fake_finish(void *state, const struct rusage *usage, struct metrics *metrics)
{
	note(" finish", state);
	for (int id = 0; id < METRIC_COUNT; id++)
		assert_true(isnan(metrics->value[id]));
	metrics->value[METRIC_MINOR_FAULTS] = 123;
	metrics->value[METRIC_MMAP_CALLS] = 0;
}

static void fake_close(void *state)
{
	note(" close", state);
}

static const struct probe fake = {
	.name = "fake",
	.prepare_child = fake_prepare,
	.open = fake_open,
	.enable = fake_enable,
	.disable = fake_disable,
	.sample = fake_sample,
	.finish = fake_finish,
	.close = fake_close,
};

static const struct probe *lowest(void)
{
	const struct probe *const *ladder = probe_ladder();

	while (ladder[1])
		ladder++;
	return *ladder;
}

static void test_life_cycle(void **state)
{
	struct probe_session *session = NULL;
	struct rusage usage = { .ru_utime = { 1, 500 }, .ru_minflt = 1 << 30 };
	struct metrics metrics;

	assert_int_equal(probe_open(&fake, getpid(), PROBE_AT_ENABLE, &session, NULL), 0);
	probe_enable(session);
	probe_sample(session);
	probe_disable(session);
	probe_finish(session, &usage, &metrics);
	probe_close(session);
	assert_string_equal(diary, "open-at-enable enable sample disable finish close");

	/* The rung's figure wins, the layers below fill what it left, and 0 is a figure. */
	assert_true(metrics.value[METRIC_MINOR_FAULTS] == 123);
	assert_true(metrics.value[METRIC_MMAP_CALLS] == 0);
	assert_true(metrics.value[METRIC_USER_NS] == 1000500000);
	assert_true(metrics.value[METRIC_PEAK_RSS_BYTES] > 0);
	assert_true(metrics.value[METRIC_MEAN_RSS_BYTES] > 0);
	assert_true(isnan(metrics.value[METRIC_BRK_CALLS]));
}

/* A rung that stops the program: the layers' CPU time and switches would be its own work. */
static void test_distorted(void **state)
{
	struct probe stopping = fake;
	struct probe_session *session = NULL;
	struct rusage usage = { .ru_utime = { 1, 500 }, .ru_nvcsw = 100000 };
	struct metrics metrics;

	stopping.distorts = true;
	assert_int_equal(probe_open(&stopping, getpid(), PROBE_AT_EXEC, &session, NULL), 0);
	assert_int_equal(probe_helper(session), 0);
	assert_null(probe_note(session));
	probe_finish(session, &usage, &metrics);
	probe_close(session);
	assert_true(metrics.value[METRIC_MMAP_CALLS] == 0);
	assert_true(isnan(metrics.value[METRIC_USER_NS]));
	assert_true(isnan(metrics.value[METRIC_SYS_NS]));
	assert_true(isnan(metrics.value[METRIC_CPU_NS]));
	assert_true(isnan(metrics.value[METRIC_CONTEXT_SWITCHES]));
	assert_true(metrics.value[METRIC_MINOR_FAULTS] == 123);
}

static void test_not_waited_for(void **state)
{
	struct probe_session *session = NULL;
	struct metrics metrics;

	assert_int_equal(probe_open(lowest(), getpid(), PROBE_AT_EXEC, &session, NULL), 0);
	probe_sample(session);
	probe_finish(session, NULL, &metrics);
	probe_close(session);
	assert_true(isnan(metrics.value[METRIC_CPU_NS]));
	assert_true(isnan(metrics.value[METRIC_MINOR_FAULTS]));
	assert_true(isnan(metrics.value[METRIC_MEAN_RSS_BYTES])); /* one sample is no mean */
	assert_true(metrics.value[METRIC_PEAK_RSS_BYTES] > 0);
}

static void test_open_fails(void **state)
{
	struct probe broken = fake;
	struct probe_session *session = NULL;
	struct error err = ERROR_INIT;

	broken.open = fake_open_fails;
	assert_int_equal(probe_open(&broken, getpid(), PROBE_AT_EXEC, &session, &err), -EPERM);
	assert_null(session);
	assert_string_equal(err.message, "probe fake: not today");
	assert_string_equal(err.hint, "tomorrow");
	error_release(&err);

	/* No such process. */
	assert_true(probe_open(lowest(), 0, PROBE_AT_EXEC, &session, &err) < 0);
	assert_int_equal(err.kind, ERROR_MACHINE);
	assert_non_null(err.hint);
	error_release(&err);
	probe_close(NULL);
}

static void test_prepare_child(void **state)
{
	assert_int_equal(probe_prepare_child(&fake), -EACCES);
	assert_int_equal(probe_prepare_child(lowest()), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life_cycle),     cmocka_unit_test(test_distorted),
		cmocka_unit_test(test_not_waited_for), cmocka_unit_test(test_open_fails),
		cmocka_unit_test(test_prepare_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
