/* SPDX-License-Identifier: MIT */
#include "launch/usage.h"

#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "proc/table.h"

/* A row of the process table; done: it was added to the sum. */
struct counted {
	const struct proc_stat *stat;
	bool done;
};

static uint64_t ticks_ns(uint64_t ticks)
{
	return ticks * NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
}

void usage_of_stat(const struct proc_stat *stat, struct usage *ret)
{
	*ret = (struct usage){
		.processes = 1,
		.cpu_ns = ticks_ns(stat->children_user_ticks + stat->children_sys_ticks),
		.user_ns = ticks_ns(stat->user_ticks + stat->children_user_ticks),
		.sys_ns = ticks_ns(stat->sys_ticks + stat->children_sys_ticks),
		.minor_faults = stat->minor_faults + stat->children_minor_faults,
		.major_faults = stat->major_faults + stat->children_major_faults,
		.rss_bytes = stat->rss_pages * (uint64_t)sysconf(_SC_PAGESIZE),
	};
}

/* From its CPU clock, or in ticks if it ended meanwhile. */
static uint64_t own_cpu_ns(const struct proc_stat *stat)
{
	struct timespec cpu;
	clockid_t clock;

	if (clock_getcpuclockid(stat->pid, &clock) != 0 || clock_gettime(clock, &cpu) < 0)
		return ticks_ns(stat->user_ticks + stat->sys_ticks);
	return (uint64_t)cpu.tv_sec * NS_PER_SEC + (uint64_t)cpu.tv_nsec;
}

static void add(struct usage *sum, const struct usage *usage)
{
	sum->processes += usage->processes;
	sum->cpu_ns += usage->cpu_ns;
	sum->user_ns += usage->user_ns;
	sum->sys_ns += usage->sys_ns;
	sum->minor_faults += usage->minor_faults;
	sum->major_faults += usage->major_faults;
	sum->rss_bytes += usage->rss_bytes;
}

static void add_process(struct usage *sum, const struct proc_stat *stat)
{
	struct usage usage;

	usage_of_stat(stat, &usage);
	usage.cpu_ns += own_cpu_ns(stat);
	add(sum, &usage);
}

/* Adds each process once, even if reused pids make a cycle of parents. */
static void add_branch(struct counted *items, size_t count, pid_t pid, struct usage *sum)
{
	for (size_t i = 0; i < count; i++) {
		const struct proc_stat *stat = items[i].stat;

		if (items[i].done || (stat->pid != pid && stat->parent != pid))
			continue;
		items[i].done = true;
		add_process(sum, stat);
		if (stat->pid != pid)
			add_branch(items, count, stat->pid, sum);
	}
}

void usage_read(pid_t pid, struct usage *ret)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };
	_cleanup_free_ struct counted *items = NULL;
	bool is_there = false;

	*ret = (struct usage){ 0 };
	(void)proc_table_read(&rootfs_real, &table);
	items = xcalloc(table.count + 1, sizeof(*items));
	for (size_t i = 0; i < table.count; i++) {
		items[i].stat = &table.items[i];
		is_there |= table.items[i].pid == pid;
	}
	if (is_there)
		add_branch(items, table.count, pid, ret);
}
