/* SPDX-License-Identifier: MIT */
#include "launch/usage.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
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

struct usage_member {
	pid_t pid, parent;
	uint64_t started;
	bool alive;          /* at the last look */
	struct usage before; /* when it began to count */
	struct usage now;
};

static struct usage_member *find_member(const struct usage_watch *watch, pid_t pid)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->members[i].pid == pid)
			return &watch->members[i];
	return NULL;
}

static uint64_t since(uint64_t after, uint64_t before)
{
	return after > before ? after - before : 0;
}

static void add_since(struct usage *sum, const struct usage *after, const struct usage *before)
{
	const struct usage used = {
		.cpu_ns = since(after->cpu_ns, before->cpu_ns),
		.user_ns = since(after->user_ns, before->user_ns),
		.sys_ns = since(after->sys_ns, before->sys_ns),
		.minor_faults = since(after->minor_faults, before->minor_faults),
		.major_faults = since(after->major_faults, before->major_faults),
	};

	add(sum, &used);
}

static void note(struct usage_watch *watch, const struct proc_stat *stat)
{
	struct usage_member *member = find_member(watch, stat->pid);
	struct usage now = { 0 };

	add_process(&now, stat);
	if (!member || member->started != stat->started) {
		bool is_born_here = watch->began && find_member(watch, stat->parent);

		member = ARRAY_PUSH(watch->members, watch->count, watch->alloc);
		*member = (struct usage_member){ .pid = stat->pid, .started = stat->started };
		if (!is_born_here)
			member->before = now;
	}
	member->parent = stat->parent;
	member->alive = true;
	/* A zombie has no memory, and its figures are incomplete. */
	if (stat->ended)
		member->now.processes = member->now.rss_bytes = 0;
	else
		member->now = now;
}

/*
 * When a parent waits for a child, it gets all of what that used, as its children's: what came before the first look is to be
 * taken off there.
 */
static void settle_ended(struct usage_watch *watch, const struct usage_member *ended)
{
	struct usage_member *parent = find_member(watch, ended->parent);

	if (parent && parent->alive)
		add(&parent->before, &ended->before);
	else
		add_since(&watch->ended, &ended->now, &ended->before);
}

void usage_watch_look(struct usage_watch *watch, const struct proc_stat *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->count; i++)
		watch->members[i].alive = false;
	for (size_t i = 0; i < count; i++)
		note(watch, &list[i]);
	watch->began = true;
	for (size_t i = 0; i < watch->count; i++)
		if (!watch->members[i].alive)
			settle_ended(watch, &watch->members[i]);
	for (size_t i = 0; i < watch->count; i++)
		if (watch->members[i].alive)
			watch->members[kept++] = watch->members[i];
	watch->count = kept;
}

void usage_watch_sum(const struct usage_watch *watch, struct usage *ret)
{
	*ret = watch->ended;
	for (size_t i = 0; i < watch->count; i++) {
		add_since(ret, &watch->members[i].now, &watch->members[i].before);
		ret->processes += watch->members[i].now.processes;
		ret->rss_bytes += watch->members[i].now.rss_bytes;
	}
}

void usage_watch_release(struct usage_watch *watch)
{
	if (!watch)
		return;
	free(watch->members);
	*watch = (struct usage_watch){ 0 };
}
