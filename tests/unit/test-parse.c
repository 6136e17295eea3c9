/* SPDX-License-Identifier: MIT */
/* What the files of /proc/PID say, by recordings, and by texts that want to be read wrongly. */
#include "proc/parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/spawn.h"

/* A name that tries to look like the fields behind it. */
static void stat_is_read_behind_the_name(void **state)
{
	static const char line[] =
		"4242 (a) R (b)) S 17 4240 4242 0 -1 4194368 100 20 3 4 250 50 30 10 "
		"20 0 7 0 1000 123456 789 18446744073709551615 1 2 140737488355328 0 0 0 0 0 0 0 0 "
		"0 17 3 0 0 0 0 0 94000000000000 94000000000100 94000000002000 4 5 6 7 0\n";
	struct proc_stat stat;

	assert_int_equal(proc_parse_stat(line, &stat), 0);
	assert_int_equal(stat.pid, 4242);
	assert_int_equal(stat.parent, 17);
	assert_int_equal(stat.group, 4240);
	assert_string_equal(stat.name, "a) R (b)");
	assert_int_equal(stat.state, 'S');
	assert_false(stat.ended);
	assert_true(stat.forked_not_execed);
	assert_int_equal(stat.minor_faults, 100);
	assert_int_equal(stat.children_minor_faults, 20);
	assert_int_equal(stat.major_faults, 3);
	assert_int_equal(stat.children_major_faults, 4);
	assert_int_equal(stat.user_ticks, 250);
	assert_int_equal(stat.sys_ticks, 50);
	assert_int_equal(stat.children_user_ticks, 30);
	assert_int_equal(stat.children_sys_ticks, 10);
	assert_int_equal(stat.threads, 7);
	assert_int_equal(stat.started, 1000);
	assert_int_equal(stat.rss_pages, 789);
	assert_int_equal(stat.stack_start, 140737488355328);
	assert_int_equal(stat.heap_start, 94000000002000);
}

/* Linux before 3.3 had no more fields; a zombie has no memory. */
static void stat_of_a_zombie_and_of_an_old_kernel(void **state)
{
	struct proc_stat stat;

	assert_int_equal(
		proc_parse_stat("1 (a name of more than 15) Z 0 1 1 0 -1 4194304 9 8 6 5 1 "
				"2 0 0 20 0 1 0 5 0 0 0 0 0 0",
				&stat),
		0);
	assert_true(stat.ended);
	assert_false(stat.forked_not_execed);
	assert_string_equal(stat.name, "a name of more ");
	assert_int_equal(stat.heap_start, 0);
}

static void stat_that_is_none_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"4711 no name",
		"1 (x)",
		"1 (x) ",
		"1 (x) S",
		"1 (x) S 0 1 1 0 -1 4194304 9",
		"1 )x( S 1 1 1 0 -1 0 1 1 1 1 1 1 1 1 20 0 1 0 1 1 1 1 1 1 1",
		"1 (x) S 1 1 1 0 -1 0 1 1 1 1 1 1 1 1 20 0 1 0 1 1 1 1 1 1",
		"1 (x) S 1 1 1 0 -1 0 1 1 1 1 x 1 1 1 20 0 1 0 1 1 1 1 1 1 1",
		"(x) S 1 1 1 0 -1 0 1 1 1 1 1 1 1 1 20 0 1 0 1 1 1 1 1 1 1",
	};
	struct proc_stat stat;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(proc_parse_stat(texts[i], &stat), -EINVAL);
}

static void statm(void **state)
{
	uint64_t pages;

	assert_int_equal(proc_parse_statm("1000 345 200 1 0 100 0\n", &pages), 0);
	assert_int_equal(pages, 345);
	assert_int_equal(proc_parse_statm("1000", &pages), -EINVAL);
}

static void status(void **state)
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

static void status_that_is_none_is_refused(void **state)
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

static void credentials(void **state)
{
	static const char text[] = "Name:\tx\nTgid:\t4711\nPid:\t4712\nUid:\t1000\t0\t0\t0\n"
				   "Gid:\t100\t50\t50\t50\nFDSize:\t64\nGroups:\t27 100 \n"
				   "CapEff:\t000001ffffffffff\n";
	struct proc_credentials who;

	assert_int_equal(proc_parse_credentials(text, &who), 0);
	assert_int_equal(who.process, 4711);
	assert_int_equal(who.real_uid, 1000);
	assert_int_equal(who.effective_uid, 0);
	assert_int_equal(who.real_gid, 100);
	assert_int_equal(who.effective_gid, 50);
	assert_int_equal(who.group_count, 2);
	assert_int_equal(who.groups[0], 27);
	assert_int_equal(who.groups[1], 100);
	assert_int_equal(who.capabilities, 0x1ffffffffffULL);
	assert_int_equal(proc_parse_credentials("Uid:\t1\n", &who), -EINVAL);
}

static void groups_are_bounded(void **state)
{
	char text[4096] = "Tgid:\t1\nUid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nCapEff:\t0\nGroups:\t";
	struct proc_credentials who;

	for (int i = 0; i < 2 * PROC_GROUPS_MAX; i++)
		strcat(text, "7 ");
	assert_int_equal(proc_parse_credentials(text, &who), 0);
	assert_int_equal(who.group_count, PROC_GROUPS_MAX);
}

static void environ_is_split(void **state)
{
	static const char text[] = "A=1\0no value\0\0B=\nx=y\0C=cut";
	char **items = proc_parse_environ(text, sizeof(text) - 1);

	assert_string_equal(items[0], "A=1");
	assert_string_equal(items[1], "B=\nx=y");
	assert_string_equal(items[2], "C=cut");
	assert_null(items[3]);
	strv_free(items);
	items = proc_parse_environ("A=12", 3);
	assert_string_equal(items[0], "A=1");
	strv_free(items);
	items = proc_parse_environ("", 0);
	assert_null(items[0]);
	strv_free(items);
}

/* As /proc/PID/environ shows GLIBC_TUNABLES=glibc.a=1:glibc.b=2 under glibc 2.36. */
static void tunables_are_whole_again(void **state)
{
	static const char text[] =
		"A=1\0GLIBC_TUNABLES=glibc.a=1\0glibc.b=2\0glibc.c=3:x\0B=4\0glibc.d=5";
	char **items = proc_parse_environ(text, sizeof(text) - 1);

	assert_string_equal(items[0], "A=1");
	assert_string_equal(items[1], "GLIBC_TUNABLES=glibc.a=1:glibc.b=2:glibc.c=3:x");
	assert_string_equal(items[2], "B=4");
	assert_string_equal(items[3], "glibc.d=5");
	assert_null(items[4]);
	strv_free(items);
}

static void an_environment_written_over_shows_gaps(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool overwritten;
	} cases[] = {
		{ "", 0, false },
		{ "A=1", 3, false },
		{ "A=1\0B=2\0", 8, false },
		{ "A=1\0nothing\0", 12, false },
		{ "\0\0\0\0", 4, true },
		{ "title\0\0\0B=2\0", 12, true },
		{ "A=1\0\0B=2\0", 9, true },
		{ "title   \0", 9, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(proc_environ_is_overwritten(cases[i].text, cases[i].len),
				 cases[i].overwritten);
}

static void auxv(void **state)
{
	static const uint64_t wide[] = { AT_PHDR, 0x400040, AT_SECURE, 1, AT_NULL, 0 };
	static const uint32_t narrow[] = { AT_PHDR, 0x8048034, AT_SECURE, 1, AT_NULL, 0 };
	uint64_t value;

	assert_true(proc_parse_auxv((const char *)wide, sizeof(wide), 8, AT_SECURE, &value));
	assert_int_equal(value, 1);
	assert_true(proc_parse_auxv((const char *)narrow, sizeof(narrow), 4, AT_PHDR, &value));
	assert_int_equal(value, 0x8048034);
	assert_false(proc_parse_auxv((const char *)wide, sizeof(wide), 8, AT_BASE, &value));
	assert_false(proc_parse_auxv((const char *)wide, 15, 8, AT_PHDR, &value));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_is_read_behind_the_name),
		cmocka_unit_test(stat_of_a_zombie_and_of_an_old_kernel),
		cmocka_unit_test(stat_that_is_none_is_refused),
		cmocka_unit_test(statm),
		cmocka_unit_test(status),
		cmocka_unit_test(status_that_is_none_is_refused),
		cmocka_unit_test(credentials),
		cmocka_unit_test(groups_are_bounded),
		cmocka_unit_test(environ_is_split),
		cmocka_unit_test(tunables_are_whole_again),
		cmocka_unit_test(an_environment_written_over_shows_gaps),
		cmocka_unit_test(auxv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
