/* SPDX-License-Identifier: MIT */
/* Which programs run in a tree of processes, and which of them the work was for: by real children and made-up shares. */
#include "launch/census.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "launch/offspring.h"
#include "run/taxpayer.h"

#define PATIENCE_NS (60 * NS_PER_SEC)

static void wait_for_program(pid_t pid, const char *name)
{
	_cleanup_free_ char *link = xasprintf("/proc/%d/cmdline", (int)pid);
	uint64_t deadline_ns = clock_now_ns(&clock_real) + PATIENCE_NS;
	char text[256];

	while (clock_now_ns(&clock_real) < deadline_ns) {
		int fd = open(link, O_RDONLY);
		ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

		close(fd);
		text[len > 0 ? len : 0] = '\0';
		if (!strcmp(text, name))
			return;
		usleep(1000);
	}
	fail_msg("%s did not start", name);
}

/* A child that runs a program under a name of its own; with a variable in its environment. */
static pid_t start(const char *file, const char *name, const char *variable)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		putenv((char *)variable);
		execlp(file, name, "1000", (char *)NULL);
		_exit(127);
	}
	wait_for_program(pid, name);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Looks until everything that runs is identified. */
static void look_at_all(struct census *census, size_t programs)
{
	uint64_t deadline_ns = clock_now_ns(&clock_real) + PATIENCE_NS;
	const struct census_program *items;
	double unseen_pct;
	size_t count, known = 0;

	while (known < programs && clock_now_ns(&clock_real) < deadline_ns) {
		census_look(census, clock_now_ns(&clock_real));
		items = census_programs(census, &count, &unseen_pct);
		known = 0;
		for (size_t i = 0; i < count; i++)
			known += items[i].known;
		usleep(1000);
	}
	assert_true(known >= programs);
}

static const char *variable_of(const struct taxpayer *taxpayer)
{
	for (char **item = taxpayer->environment; item && *item; item++)
		if (!strncmp(*item, "CENSUS=", 7))
			return *item;
	return "";
}

static struct process_share share_of(pid_t pid, const char *name, double tax_ns)
{
	struct process_share share = { .pid = pid, .tax_ns = tax_ns };

	snprintf(share.name, sizeof(share.name), "%s", name);
	return share;
}

/* Two children that run one file, told apart by their environments. */
struct family {
	pid_t a, b;
	struct census *census;
};

static void start_family(struct family *family)
{
	family->a = start("sleep", "sleep-a", "CENSUS=a");
	family->b = start("sleep", "sleep-b", "CENSUS=b");
	family->census = census_new();
	census_begin(family->census, family->a, 0);
}

static void end_family(struct family *family)
{
	end(family->a);
	end(family->b);
	census_free(family->census);
}

static void settle(struct family *family, double a, double b, double other, struct taxpayer *ret)
{
	const struct identification named = { .path = (char *)"/bin/env" };
	const struct process_share shares[] = {
		share_of(family->a, "sleep", a),
		share_of(0, "", other),
		share_of(family->b, "sleep", b),
	};

	census_end(family->census);
	census_settle(family->census, shares, 3);
	taxpayer_find(family->census, &named, "env", ret);
}

static void the_largest_share_decides(void **state)
{
	struct family family;
	struct taxpayer taxpayer;

	start_family(&family);
	look_at_all(family.census, 2);
	settle(&family, 10, 80, 10, &taxpayer);
	end_family(&family);
	assert_false(taxpayer.as_named);
	assert_null(taxpayer.unknown);
	assert_true(taxpayer.is_another);
	assert_int_equal(taxpayer.pid, family.b);
	assert_int_equal(taxpayer.processes, 1);
	assert_string_equal(variable_of(&taxpayer), "CENSUS=b");
	assert_true(taxpayer.share_pct == 80);
	assert_non_null(strstr(taxpayer.path, "/"));
	assert_true(taxpayer.program.heap_count > 0);
	taxpayer_release(&taxpayer);
}

static void what_nobody_saw_is_not_guessed(void **state)
{
	struct family family;
	struct taxpayer taxpayer;

	start_family(&family);
	look_at_all(family.census, 2);
	settle(&family, 20, 30, 50, &taxpayer);
	end_family(&family);
	assert_false(taxpayer.as_named);
	assert_non_null(taxpayer.unknown);
	assert_int_equal(taxpayer.program.heap_count, 0);
	taxpayer_release(&taxpayer);
}

/* It ended under a name that it did not have when it was looked at: it has run something else since. */
static void another_name_at_the_end_is_another_program(void **state)
{
	struct family family;
	struct taxpayer taxpayer;
	const struct identification named = { .path = (char *)"/bin/env" };

	start_family(&family);
	look_at_all(family.census, 2);
	pid_t b = family.b;
	end(b);
	const struct process_share shares[] = { share_of(b, "another", 90),
						share_of(family.a, "sleep", 10) };
	census_end(family.census);
	census_settle(family.census, shares, 2);
	taxpayer_find(family.census, &named, "env", &taxpayer);
	assert_non_null(taxpayer.unknown);
	taxpayer_release(&taxpayer);
	family.b = start("sleep", "sleep-b", "CENSUS=b");
	end_family(&family);
}

/* Without a probe that knows shares, page faults tell: a child that touches much against one that does not. */
static void page_faults_tell_where_nothing_else_does(void **state)
{
	struct census *census = census_new();
	struct taxpayer taxpayer;
	const struct identification named = { .path = (char *)"/bin/sh" };
	int wake[2];

	assert_int_equal(pipe(wake), 0);
	pid_t quiet = start("sleep", "sleep-a", "CENSUS=a");
	pid_t loud = fork();
	assert_true(loud >= 0);
	if (loud == 0) {
		dup2(wake[0], 0);
		close(wake[1]);
		/* Waits to be looked at, then takes 4,096 pages. */
		execlp("sh", "sh-loud", "-c",
		       "read x; v=0123456789abcdef; i=0; "
		       "while [ $i -lt 20 ]; do v=$v$v; i=$((i+1)); done; read x",
		       (char *)NULL);
		_exit(127);
	}
	census_begin(census, quiet, 0);
	look_at_all(census, 2);
	if (write(wake[1], "\n", 1) != 1)
		fail();
	uint64_t deadline_ns = clock_now_ns(&clock_real) + PATIENCE_NS;
	struct relative now = { 0 };
	while (now.faults < 4096 && clock_now_ns(&clock_real) < deadline_ns) {
		assert_int_equal(relative_read(loud, &now), 0);
		usleep(1000);
	}
	assert_true(now.faults >= 4096);
	census_end(census);
	census_settle(census, NULL, 0);
	taxpayer_find(census, &named, NULL, &taxpayer);
	assert_int_equal(taxpayer.pid, loud);
	assert_true(taxpayer.share_pct > 80);
	taxpayer_release(&taxpayer);
	census_free(census);
	end(quiet);
	end(loud);
	close(wake[0]);
	close(wake[1]);
}

/* Where it was never seen, its name says whether it was still what was started. */
static void a_root_that_nobody_saw_is_known_by_its_name(void **state)
{
	static const struct {
		const char *file;
		bool known;
	} cases[] = { { "sleep", true }, { "/usr/bin/sleep", true }, { "env", false } };

	for (size_t i = 0; i < 3; i++) {
		struct census *census = census_new();
		const struct identification named = { .path = (char *)"/bin/x" };
		struct taxpayer taxpayer;
		pid_t pid = start("sleep", "sleep-a", "CENSUS=a");
		const struct process_share share = share_of(pid, "sleep", 10);
		siginfo_t info;

		census_begin(census, pid, 0);
		kill(pid, SIGKILL);
		assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
		census_end(census);
		census_settle(census, &share, 1);
		taxpayer_find(census, &named, cases[i].file, &taxpayer);
		assert_int_equal(taxpayer.as_named, cases[i].known);
		assert_int_equal(taxpayer.unknown == NULL, cases[i].known);
		taxpayer_release(&taxpayer);
		census_free(census);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

/*
 * One that is exiting has lost its memory, and with it what it ran; it may be seen so for long on a busy machine. Kernel
 * threads look the same at any time.
 */
static void a_process_without_memory_is_no_program(void **state)
{
	enum { KTHREADD = 2 };
	struct census *census = census_new();
	struct relative process;
	double unseen_pct;
	size_t count;

	if (relative_read(KTHREADD, &process) < 0 || strcmp(process.name, "kthreadd") != 0) {
		census_free(census);
		skip();
	}
	struct running running = { .roots = { 0 } };
	proc_group_add(&running.roots, KTHREADD);
	census_begin_running(census, &running);
	census_look(census, clock_now_ns(&clock_real));
	census_programs(census, &count, &unseen_pct);
	assert_int_equal(count, 0);
	census_end(census);
	census_settle(census, NULL, 0);
	assert_null(census_first(census));
	census_free(census);
	proc_group_release(&running.roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_share_decides),
		cmocka_unit_test(what_nobody_saw_is_not_guessed),
		cmocka_unit_test(another_name_at_the_end_is_another_program),
		cmocka_unit_test(page_faults_tell_where_nothing_else_does),
		cmocka_unit_test(a_process_without_memory_is_no_program),
		cmocka_unit_test(a_root_that_nobody_saw_is_known_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
