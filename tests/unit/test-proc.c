/* SPDX-License-Identifier: MIT */
#include "proc/proc.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

static void test_stat(void **state)
{
	struct proc_stat stat;

	/* A name that tries to look like the fields behind it. */
	assert_int_equal(
		proc_parse_stat("4711 (a) S 1 (b) c) R 1 4711 4711 0 -1 4194368 55 0 7 0 1 2 0 0 "
				"20 0 3 0 100 1000 200 18446744073709551615 1 1 0",
				&stat),
		0);
	assert_true(stat.forked_not_execed);
	assert_int_equal(stat.minor_faults, 55);
	assert_int_equal(stat.major_faults, 7);
	assert_int_equal(stat.threads, 3);

	assert_int_equal(
		proc_parse_stat("1 (x) S 0 1 1 0 -1 4194304 9 8 6 5 1 2 0 0 20 0 1 0", &stat), 0);
	assert_false(stat.forked_not_execed);
	assert_int_equal(stat.major_faults, 6);
}

static void test_stat_refuses(void **state)
{
	struct proc_stat stat;

	assert_int_equal(proc_parse_stat("", &stat), -EINVAL);
	assert_int_equal(proc_parse_stat("4711 no name", &stat), -EINVAL);
	assert_int_equal(proc_parse_stat("1 (x)", &stat), -EINVAL);
	assert_int_equal(proc_parse_stat("1 (x) S 0 1 1 0 -1 4194304 9", &stat), -EINVAL);
}

static void test_status(void **state)
{
	struct proc_status status;

	assert_int_equal(
		proc_parse_status("Name:\tVmRSS: 1\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n"
				  "Threads:\t1\nvoluntary_ctxt_switches:\t7\n"
				  "nonvoluntary_ctxt_switches:\t5\n",
				  &status),
		0);
	assert_int_equal(status.peak_bytes, 2048 * 1024);
	assert_int_equal(status.rss_bytes, 1024 * 1024);
	assert_int_equal(status.context_switches, 12);
}

static void test_status_refuses(void **state)
{
	struct proc_status status;

	/* A zombie has no memory. */
	assert_int_equal(
		proc_parse_status("Name:\tx\nState:\tZ (zombie)\nvoluntary_ctxt_switches:\t7\n"
				  "nonvoluntary_ctxt_switches:\t5\n",
				  &status),
		-ENODATA);
	assert_int_equal(proc_parse_status("", &status), -EINVAL);
	assert_int_equal(proc_parse_status("VmRSS: 1 kB\nVmHWM: 1 kB\n", &status), -EINVAL);
}

static void test_own_process(void **state)
{
	struct proc_status status;
	struct proc_stat stat;
	int stat_fd = proc_open(getpid(), "stat"), status_fd = proc_open(getpid(), "status");

	assert_true(stat_fd >= 0 && status_fd >= 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(proc_read_stat(stat_fd, &stat), 0);
		assert_int_equal(proc_read_status(status_fd, &status), 0);
		assert_false(stat.forked_not_execed);
		assert_true(stat.minor_faults > 0);
		assert_true(status.rss_bytes > 0 && status.peak_bytes >= status.rss_bytes);
	}
	close(stat_fd);
	close(status_fd);
	assert_int_equal(proc_open(getpid(), "no-such-file"), -ENOENT);
}

static void test_time_mean(void **state)
{
	struct time_mean mean = TIME_MEAN_INIT;

	assert_true(isnan(time_mean_value(&mean)));
	time_mean_add(&mean, 1000, 10);
	assert_true(isnan(time_mean_value(&mean)));
	time_mean_add(&mean, 1000, 20);
	assert_true(isnan(time_mean_value(&mean)));
	/* 20 for 10, then a line from 20 to 40 over 20: (200 + 600) / 30. */
	time_mean_add(&mean, 1010, 20);
	time_mean_add(&mean, 1030, 40);
	assert_true(fabs(time_mean_value(&mean) - 800.0 / 30) < 1e-9);
}

static void test_time_mean_uneven(void **state)
{
	struct time_mean mean = TIME_MEAN_INIT;

	/* Many samples of a short peak do not outweigh a long plateau. */
	time_mean_add(&mean, 0, 1);
	time_mean_add(&mean, 1000, 1);
	for (uint64_t t = 1001; t < 1010; t++)
		time_mean_add(&mean, t, 100);
	assert_true(time_mean_value(&mean) < 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_stat_refuses),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_status_refuses),
		cmocka_unit_test(test_own_process),
		cmocka_unit_test(test_time_mean),
		cmocka_unit_test(test_time_mean_uneven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
