/* SPDX-License-Identifier: MIT */
#include "launch/offspring.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/confined.h"
#include "base/units.h"
#include "launch/usage.h"
#include "proc/proc.h"
#include "proc/table.h"

enum { OWNED_MAX = 4 };

static struct proc_table kept;
static pid_t owned[OWNED_MAX];

static bool has_process(const struct proc_table *table, pid_t pid)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->items[i].pid == pid)
			return true;
	return false;
}

/* Whether the process itself is listed: it may leave its group later. */
static bool is_listed_kept(pid_t pid, uint64_t started)
{
	for (size_t i = 0; i < kept.count; i++)
		if (pid == kept.items[i].pid && started == kept.items[i].started)
			return true;
	return false;
}

/* A kept process, or one in the process group of a kept one. Each target has a group of its own. */
static bool is_kept(pid_t pid, pid_t group, uint64_t started)
{
	for (size_t i = 0; i < kept.count; i++)
		if (group == kept.items[i].group)
			return true;
	return is_listed_kept(pid, started);
}

void offspring_own(pid_t pid)
{
	size_t i = 0;

	while (i < OWNED_MAX - 1 && owned[i])
		i++;
	owned[i] = pid;
}

void offspring_disown(pid_t pid)
{
	for (size_t i = 0; i < OWNED_MAX; i++)
		if (owned[i] == pid)
			owned[i] = 0;
}

static bool is_owned(pid_t pid)
{
	for (size_t i = 0; i < OWNED_MAX; i++)
		if (owned[i] == pid)
			return true;
	return false;
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static void keep_children(void)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };

	if (!has_children())
		return;
	(void)proc_table_read(&rootfs_real, &table);
	for (size_t i = 0; i < table.count; i++) {
		const struct proc_stat *process = &table.items[i];

		if (process->parent == getpid() && !confined_is_child(process->pid) &&
		    !is_listed_kept(process->pid, process->started))
			*ARRAY_PUSH(kept.items, kept.count, kept.alloc) = *process;
	}
}

size_t offspring_keep_all(void)
{
	size_t before = kept.count;

	keep_children();
	return before;
}

void offspring_keep_only(size_t count)
{
	kept.count = count;
}

void offspring_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	keep_children();
}

/*
 * Kills live children and reaps ended ones. A killed process may appear alive a few times more, so
 * *killed lists each once. Returns how many children remain.
 */
static size_t kill_children(const struct proc_table *table, pid_t spared, struct proc_table *killed)
{
	size_t left = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct proc_stat *process = &table->items[i];

		if (process->parent != getpid() || confined_is_child(process->pid) ||
		    (process->pid != spared &&
		     is_kept(process->pid, process->group, process->started)))
			continue;
		if (process->ended && waitpid(process->pid, NULL, WNOHANG) == process->pid)
			continue;
		left++;
		if (process->ended || process->pid == spared)
			continue;
		kill(process->pid, SIGKILL);
		if (!is_owned(process->pid) && !has_process(killed, process->pid))
			*ARRAY_PUSH(killed->items, killed->count, killed->alloc) = *process;
	}
	return left;
}

static uint64_t time_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * NS_PER_SEC + (uint64_t)time->tv_usec * NS_PER_US;
}

static void add_time(struct timeval *sum, uint64_t ns)
{
	uint64_t sum_ns = time_ns(sum) + ns;

	sum->tv_sec = (time_t)(sum_ns / NS_PER_SEC);
	sum->tv_usec = (suseconds_t)(sum_ns % NS_PER_SEC / NS_PER_US);
}

static void add_ended(struct rusage *sum, const struct rusage *usage)
{
	add_time(&sum->ru_utime, time_ns(&usage->ru_utime));
	add_time(&sum->ru_stime, time_ns(&usage->ru_stime));
	sum->ru_minflt += usage->ru_minflt;
	sum->ru_majflt += usage->ru_majflt;
	sum->ru_nvcsw += usage->ru_nvcsw;
	sum->ru_nivcsw += usage->ru_nivcsw;
}

/* The CPU clock is exact; its parts are known in ticks. */
static void add_living(struct rusage *sum, pid_t pid)
{
	struct usage usage;

	usage_read(pid, &usage);
	uint64_t ticks_ns = usage.user_ns + usage.sys_ns;
	uint64_t sys_ns =
		ticks_ns
			? (uint64_t)((double)usage.cpu_ns * (double)usage.sys_ns / (double)ticks_ns)
			: 0;
	add_time(&sum->ru_stime, sys_ns);
	add_time(&sum->ru_utime, usage.cpu_ns - sys_ns);
	sum->ru_minflt += (long)usage.minor_faults;
	sum->ru_majflt += (long)usage.major_faults;
}

void offspring_add_usage(pid_t spared, struct rusage *usage)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };

	if (!has_children())
		return;
	(void)proc_table_read(&rootfs_real, &table);
	for (size_t i = 0; i < table.count; i++) {
		const struct proc_stat *process = &table.items[i];
		struct rusage own;

		if (process->parent != getpid() || process->pid == spared ||
		    confined_is_child(process->pid) || is_owned(process->pid) ||
		    is_kept(process->pid, process->group, process->started))
			continue;
		if (process->ended && wait4(process->pid, NULL, WNOHANG, &own) == process->pid)
			add_ended(usage, &own);
		else
			add_living(usage, process->pid);
	}
}

size_t offspring_kill_all(pid_t spared)
{
	_cleanup_proc_table_ struct proc_table table = { 0 }, killed = { 0 };
	uint64_t deadline_ns = clock_now_ns(&clock_real) + NS_PER_SEC;

	/* Killing a parent makes its children ours: repeat until all are gone. */
	while (has_children()) {
		(void)proc_table_read(&rootfs_real, &table);
		if (!kill_children(&table, spared, &killed) ||
		    clock_now_ns(&clock_real) >= deadline_ns)
			break;
		usleep(1000);
	}
	return killed.count;
}

void relative_of_stat(const struct proc_stat *stat, struct relative *ret)
{
	*ret = (struct relative){
		.pid = stat->pid,
		.parent = stat->parent,
		.group = stat->group,
		.ended = stat->ended,
		.started = stat->started,
		.stack_start = stat->stack_start,
		.faults = stat->minor_faults + stat->major_faults,
		.children_faults = stat->children_minor_faults + stat->children_major_faults,
	};
	memcpy(ret->name, stat->name, sizeof(ret->name));
}

int relative_read(pid_t pid, struct relative *ret)
{
	struct proc_stat stat;
	int r = proc_read_stat_of(pid, &stat);

	if (r == 0)
		relative_of_stat(&stat, ret);
	return r;
}

static bool is_listed(const struct relative *items, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].pid == pid)
			return true;
	return false;
}

/* Moves each process whose parent is among the first `known` there; returns the new count. */
static size_t gather(struct relative *items, size_t known, size_t count)
{
	for (size_t i = known; i < count; i++) {
		struct relative item = items[i];

		if (!is_listed(items, known, item.parent))
			continue;
		items[i] = items[known];
		items[known++] = item;
	}
	return known;
}

size_t offspring_list(pid_t root, pid_t spared, struct relative **ret)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };
	size_t known = 0;

	(void)proc_table_read(&rootfs_real, &table);
	size_t count = table.count;
	struct relative *items = xcalloc(count + 1, sizeof(*items));
	for (size_t i = 0; i < count; i++)
		relative_of_stat(&table.items[i], &items[i]);
	for (size_t i = 0; i < count; i++) {
		struct relative item = items[i];

		if (item.pid != root &&
		    (item.parent != getpid() || item.pid == spared || confined_is_child(item.pid) ||
		     is_owned(item.pid) || is_kept(item.pid, item.group, item.started)))
			continue;
		items[i] = items[known];
		items[known++] = item;
	}
	for (size_t before = 0; before < known;) {
		before = known;
		known = gather(items, known, count);
	}
	*ret = items;
	return known;
}

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t process_rss_bytes(pid_t pid)
{
	return proc_rss_pages_of(pid) * page_bytes();
}

static uint64_t branch_rss_bytes(const struct proc_table *table, pid_t pid, unsigned int depth)
{
	uint64_t sum = process_rss_bytes(pid);

	/* A table read while processes die and are born could hold a cycle of recycled numbers. */
	for (size_t i = 0; depth < 64 && i < table->count; i++)
		if (table->items[i].parent == pid)
			sum += branch_rss_bytes(table, table->items[i].pid, depth + 1);
	return sum;
}

uint64_t tree_rss_bytes(pid_t pid)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };

	(void)proc_table_read(&rootfs_real, &table);
	return branch_rss_bytes(&table, pid, 0);
}
