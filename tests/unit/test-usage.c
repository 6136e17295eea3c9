/* SPDX-License-Identifier: MIT */
/* What a process has used by its row of the table, and what the difference of two readings is. */
#include "launch/usage.h"

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

static void a_process_counts_with_the_children_it_waited_for(void **state)
{
	static const struct proc_stat stat = {
		.minor_faults = 100,
		.children_minor_faults = 20,
		.major_faults = 3,
		.children_major_faults = 4,
		.user_ticks = 250,
		.sys_ticks = 50,
		.children_user_ticks = 30,
		.children_sys_ticks = 10,
		.rss_pages = 789,
	};
	uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	struct usage usage;

	usage_of_stat(&stat, &usage);
	assert_int_equal(usage.processes, 1);
	assert_int_equal(usage.minor_faults, 120);
	assert_int_equal(usage.major_faults, 7);
	assert_int_equal(usage.user_ns, 280 * tick_ns);
	assert_int_equal(usage.sys_ns, 60 * tick_ns);
	assert_int_equal(usage.cpu_ns, 40 * tick_ns);
	assert_int_equal(usage.rss_bytes, 789 * (uint64_t)sysconf(_SC_PAGESIZE));
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
		cmocka_unit_test(a_process_counts_with_the_children_it_waited_for),
		cmocka_unit_test(a_child_is_seen),
		cmocka_unit_test(a_process_that_is_gone_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
