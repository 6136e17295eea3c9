/* SPDX-License-Identifier: MIT */
/* What /proc/PID/stat says of a process, and what the difference of two readings is. */
#include "launch/usage.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A name may hold anything, also what looks like the end of it. */
static void a_line_is_parsed_behind_the_name(void **state)
{
	static const char line[] =
		"4242 (a) R (b)) S 17 4242 4242 0 -1 4194560 100 20 3 4 250 50 30 10 "
		"20 0 7 0 1000 123456 789 18446744073709551615";
	uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	struct usage usage;
	pid_t parent;

	assert_int_equal(usage_parse_stat(line, &parent, &usage), 0);
	assert_int_equal(parent, 17);
	assert_int_equal(usage.processes, 1);
	assert_int_equal(usage.minor_faults, 120);
	assert_int_equal(usage.major_faults, 7);
	assert_int_equal(usage.user_ns, 280 * tick_ns);
	assert_int_equal(usage.sys_ns, 60 * tick_ns);
	assert_int_equal(usage.cpu_ns, 40 * tick_ns);
	assert_int_equal(usage.rss_bytes, 789 * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void what_is_no_such_file_is_refused(void **state)
{
	struct usage usage;
	pid_t parent;

	assert_int_equal(usage_parse_stat("", &parent, &usage), -EINVAL);
	assert_int_equal(usage_parse_stat("1 (x) S 1 2 3", &parent, &usage), -EINVAL);
	assert_int_equal(usage_parse_stat("1 x S 1 1 1 0 -1 0 1 1 1 1 1 1 1 1", &parent, &usage),
			 -EINVAL);
}

/* A child that touches 300 pages and then waits: its faults and memory are seen from outside. */
static void a_child_is_seen(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 300;
	struct usage alone, with_child;
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	usage_read(getpid(), &alone);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char *memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			_exit(1);
		for (size_t i = 0; i < pages; i++)
			memory[i * page] = 1;
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	usage_read(getpid(), &with_child);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	assert_int_equal(with_child.processes, alone.processes + 1);
	assert_true(with_child.minor_faults >= alone.minor_faults + pages);
	assert_true(with_child.rss_bytes >= alone.rss_bytes + pages * page / 2);
	assert_true(with_child.cpu_ns >= alone.cpu_ns);
}

static void a_process_that_is_gone_has_none(void **state)
{
	struct usage usage;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	usage_read(pid, &usage);
	assert_int_equal(usage.processes, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_parsed_behind_the_name),
		cmocka_unit_test(what_is_no_such_file_is_refused),
		cmocka_unit_test(a_child_is_seen),
		cmocka_unit_test(a_process_that_is_gone_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
