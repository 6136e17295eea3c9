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

/* A row of the process table. */
static struct proc_stat row(pid_t pid, pid_t parent, uint64_t faults, uint64_t children_faults)
{
	return (struct proc_stat){
		.pid = pid,
		.parent = parent,
		.started = (uint64_t)pid,
		.minor_faults = faults,
		.children_minor_faults = children_faults,
		.rss_pages = 10,
	};
}

static uint64_t faults_of(const struct usage_watch *watch)
{
	struct usage usage;

	usage_watch_sum(watch, &usage);
	return usage.minor_faults;
}

enum { A = 1 << 28, B, C }; /* numbers that no process has */

static void what_a_set_uses_is_counted_once(void **state)
{
	struct usage_watch watch = { 0 };
	struct usage usage;
	const struct proc_stat first[] = { row(A, 1, 1000, 500), row(B, A, 70, 0) };
	/* C was started meanwhile. */
	const struct proc_stat second[] = { row(A, 1, 1010, 500), row(B, A, 75, 0),
					    row(C, A, 3, 0) };
	/* B has ended, and A has waited for it: its 80 are all there. */
	const struct proc_stat third[] = { row(A, 1, 1010, 580), row(C, A, 4, 0) };
	const struct proc_stat fourth[] = { row(C, 1, 4, 0) };

	usage_watch_look(&watch, first, 2);
	assert_int_equal(faults_of(&watch), 0);
	usage_watch_look(&watch, second, 3);
	assert_int_equal(faults_of(&watch), 10 + 5 + 3);
	usage_watch_sum(&watch, &usage);
	assert_int_equal(usage.processes, 3);
	assert_int_equal(usage.rss_bytes, 30 * (uint64_t)sysconf(_SC_PAGESIZE));
	usage_watch_look(&watch, third, 2);
	assert_int_equal(faults_of(&watch), 10 + 10 + 4);
	/* A has ended, and nobody here waited for it: what it used up to the last look stays. */
	usage_watch_look(&watch, fourth, 1);
	assert_int_equal(faults_of(&watch), 10 + 10 + 4);
	usage_watch_look(&watch, NULL, 0);
	assert_int_equal(faults_of(&watch), 10 + 10 + 4);
	usage_watch_release(&watch);
}

static void who_comes_in_counts_from_then_on(void **state)
{
	struct usage_watch watch = { 0 };
	const struct proc_stat before[] = { row(A, 1, 1000, 0) };
	const struct proc_stat after[] = { row(A, 1, 1000, 0), row(B, 1, 400, 9) };
	const struct proc_stat later[] = { row(A, 1, 1001, 0), row(B, 1, 402, 10) };
	/* Another process has the number. */
	struct proc_stat reused[] = { row(A, 1, 1001, 0), row(B, 1, 50, 0) };

	usage_watch_look(&watch, before, 1);
	usage_watch_look(&watch, after, 2);
	assert_int_equal(faults_of(&watch), 0);
	usage_watch_look(&watch, later, 2);
	assert_int_equal(faults_of(&watch), 1 + 2 + 1);
	reused[1].started++;
	usage_watch_look(&watch, reused, 2);
	reused[1].minor_faults += 5;
	usage_watch_look(&watch, reused, 2);
	assert_int_equal(faults_of(&watch), 1 + 2 + 1 + 5);
	usage_watch_release(&watch);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_counts_with_the_children_it_waited_for),
		cmocka_unit_test(a_child_is_seen),
		cmocka_unit_test(a_process_that_is_gone_has_none),
		cmocka_unit_test(what_a_set_uses_is_counted_once),
		cmocka_unit_test(who_comes_in_counts_from_then_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
