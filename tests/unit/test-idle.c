/* SPDX-License-Identifier: MIT */
#include "base/idle.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void test_goes_and_comes_back(void **unused)
{
	int policy = sched_getscheduler(0), nice = getpriority(PRIO_PROCESS, 0);

	need_root();
	idle_begin();
	assert_int_equal(sched_getscheduler(0), SCHED_IDLE);
	assert_int_equal(idle_state(), IDLE_IDLE);
	idle_begin();
	idle_end();
	assert_int_equal(sched_getscheduler(0), policy);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), nice);
	idle_end();
}

static void test_is_raised_if_it_starves(void **unused)
{
	int nice = getpriority(PRIO_PROCESS, 0);

	need_root();
	idle_begin();
	/* The guard looks every second, and finds that nothing was told since its first look. */
	for (int i = 0; i < 200 && idle_state() == IDLE_IDLE; i++)
		usleep(50 * 1000);
	assert_int_not_equal(sched_getscheduler(0), SCHED_IDLE);
	assert_int_not_equal(idle_state(), IDLE_IDLE);
	for (int i = 0; i < 200 && idle_state() != IDLE_OFF; i++)
		usleep(50 * 1000);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), nice);
	idle_end();
}

static void test_stays_while_it_gets_on(void **unused)
{
	need_root();
	idle_begin();
	for (int i = 0; i < 30; i++) {
		idle_alive();
		usleep(100 * 1000);
	}
	idle_alive();
	assert_int_equal(idle_state(), IDLE_IDLE);
	assert_int_equal(sched_getscheduler(0), SCHED_IDLE);
	idle_end();
}

static void test_children_are_not_idle(void **unused)
{
	int status;
	pid_t pid;

	need_root();
	idle_begin();
	pid = fork();
	if (pid == 0) {
		idle_child();
		_exit(sched_getscheduler(0) == SCHED_OTHER && getpriority(PRIO_PROCESS, 0) == 19
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	idle_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_and_comes_back),
		cmocka_unit_test(test_is_raised_if_it_starves),
		cmocka_unit_test(test_stays_while_it_gets_on),
		cmocka_unit_test(test_children_are_not_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
