/* SPDX-License-Identifier: MIT */
#include "launch/usage.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"

struct process {
	pid_t pid, parent;
	struct usage usage;
	bool counted;
};

struct table {
	struct process *items;
	size_t count, alloc;
};

static uint64_t ticks_ns(unsigned long long ticks)
{
	return ticks * NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* Fields as in proc(5); the name may hold anything, so what follows it is found from the end. */
int usage_parse_stat(const char *text, pid_t *ret_parent, struct usage *ret)
{
	unsigned long long minor, child_minor, major, child_major, user, sys, child_user, child_sys;
	const char *rest = strrchr(text, ')');
	long long rss_pages;
	int parent;

	if (!rest || sscanf(rest + 1,
			    " %*c %d %*d %*d %*d %*d %*u %llu %llu %llu %llu %llu %llu %llu %llu "
			    "%*d %*d %*d %*d %*u %*u %lld",
			    &parent, &minor, &child_minor, &major, &child_major, &user, &sys,
			    &child_user, &child_sys, &rss_pages) != 10)
		return -EINVAL;
	*ret_parent = parent;
	*ret = (struct usage){
		.processes = 1,
		.cpu_ns = ticks_ns(child_user + child_sys),
		.user_ns = ticks_ns(user + child_user),
		.sys_ns = ticks_ns(sys + child_sys),
		.minor_faults = minor + child_minor,
		.major_faults = major + child_major,
		.rss_bytes = (uint64_t)rss_pages * (uint64_t)sysconf(_SC_PAGESIZE),
	};
	return 0;
}

static int read_process(pid_t pid, struct process *ret)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/stat", (int)pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct timespec cpu;
	clockid_t clock;
	int r = strbuf_read_file(&text, path, 4096);

	*ret = (struct process){ .pid = pid };
	if (r == 0)
		r = usage_parse_stat(text.buf, &ret->parent, &ret->usage);
	if (r < 0)
		return r;
	if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &cpu) == 0)
		ret->usage.cpu_ns += (uint64_t)cpu.tv_sec * NS_PER_SEC + (uint64_t)cpu.tv_nsec;
	return 0;
}

static void read_table(struct table *table)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct process process;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_process((pid_t)atoi(entry->d_name), &process) == 0)
			*ARRAY_PUSH(table->items, table->count, table->alloc) = process;
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

/* Each process once, even where recycled numbers make a cycle of parents. */
static void add_branch(struct table *table, pid_t pid, struct usage *sum)
{
	for (size_t i = 0; i < table->count; i++) {
		struct process *process = &table->items[i];

		if (process->counted || (process->pid != pid && process->parent != pid))
			continue;
		process->counted = true;
		add(sum, &process->usage);
		if (process->pid != pid)
			add_branch(table, process->pid, sum);
	}
}

void usage_read(pid_t pid, struct usage *ret)
{
	struct table table = { 0 };
	struct process process;

	*ret = (struct usage){ 0 };
	if (read_process(pid, &process) == 0) {
		read_table(&table);
		add_branch(&table, pid, ret);
	}
	free(table.items);
}
