/* SPDX-License-Identifier: MIT */
#include "launch/offspring.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/units.h"

struct process {
	pid_t pid;
	pid_t parent;
	pid_t group;
	char state;                 /* as in /proc/PID/stat */
	unsigned long long started; /* with the pid, this is no other process */
};

struct process_table {
	struct process *items;
	size_t count, alloc;
};

static struct process_table kept;

/* The fields behind the last ')' of /proc/PID/stat: the command name before it may hold anything. */
static int read_process(pid_t pid, struct process *process)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf("/proc/%d/stat", pid);
	int r = strbuf_read_file(&sb, path, 4096);
	int parent, group;

	if (r < 0)
		return r;
	char *fields = strrchr(sb.buf, ')');
	if (!fields ||
	    sscanf(fields,
		   ") %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
		   "%*d %llu",
		   &process->state, &parent, &group, &process->started) != 4)
		return -EINVAL;
	process->pid = pid;
	process->parent = parent;
	process->group = group;
	return 0;
}

static void read_table(struct process_table *table)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct process process;

	table->count = 0;
	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_process((pid_t)atoi(entry->d_name), &process) == 0)
			*ARRAY_PUSH(table->items, table->count, table->alloc) = process;
}

static bool has_process(const struct process_table *table, pid_t pid)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->items[i].pid == pid)
			return true;
	return false;
}

/* One that is kept itself, or that a kept one left in its process group. No target's is: each has a group of its own. */
static bool is_kept(const struct process *process)
{
	for (size_t i = 0; i < kept.count; i++)
		if (process->group == kept.items[i].group ||
		    (process->pid == kept.items[i].pid &&
		     process->started == kept.items[i].started))
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
	struct process_table table = { 0 };

	if (!has_children())
		return;
	read_table(&table);
	for (size_t i = 0; i < table.count; i++)
		if (table.items[i].parent == getpid() && !is_kept(&table.items[i]))
			*ARRAY_PUSH(kept.items, kept.count, kept.alloc) = table.items[i];
	free(table.items);
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

/* What is killed may be seen alive a few times more: *killed knows each once. Returns how many there still are. */
static size_t kill_children(const struct process_table *table, pid_t spared,
			    struct process_table *killed)
{
	size_t left = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct process *process = &table->items[i];

		if (process->parent != getpid() || is_kept(process))
			continue;
		left++;
		if (process->state == 'Z' || process->pid == spared)
			continue;
		kill(process->pid, SIGKILL);
		if (!has_process(killed, process->pid))
			*ARRAY_PUSH(killed->items, killed->count, killed->alloc) = *process;
	}
	return left;
}

size_t offspring_kill_all(pid_t spared)
{
	struct process_table table = { 0 }, killed = { 0 };
	uint64_t deadline_ns = clock_now_ns(&clock_real) + NS_PER_SEC;

	/* Killing a parent hands its children to us: look again until there is nobody. */
	do {
		pid_t reaped;

		while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (reaped < 0 && errno == ECHILD)
			break;
		read_table(&table);
		if (!kill_children(&table, spared, &killed))
			break;
		usleep(1000);
	} while (clock_now_ns(&clock_real) < deadline_ns);
	free(table.items);
	free(killed.items);
	return killed.count;
}

/* As in proc(5); the name may hold anything, so what follows it is found from the end. */
int relative_parse(const char *text, struct relative *ret)
{
	const char *name = strchr(text, '('), *rest = strrchr(text, ')');
	unsigned long long minor, child_minor, major, child_major, started, stack;
	int pid, parent;
	char state;

	if (!name || !rest || rest < name || sscanf(text, "%d", &pid) != 1 ||
	    sscanf(rest,
		   ") %c %d %*d %*d %*d %*d %*u %llu %llu %llu %llu %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%llu %*u %*d %*u %*u %*u %llu",
		   &state, &parent, &minor, &child_minor, &major, &child_major, &started,
		   &stack) != 8)
		return -EINVAL;
	*ret = (struct relative){
		.pid = pid,
		.parent = parent,
		.ended = state == 'Z' || state == 'X',
		.started = started,
		.stack_start = stack,
		.faults = minor + major,
		.children_faults = child_minor + child_major,
	};
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(rest - name - 1), name + 1);
	return 0;
}

int relative_read(pid_t pid, struct relative *ret)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf("/proc/%d/stat", pid);
	int r = strbuf_read_file(&sb, path, 4096);

	return r < 0 ? r : relative_parse(sb.buf, ret);
}

static bool is_listed(const struct relative *items, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].pid == pid)
			return true;
	return false;
}

static bool is_kept_relative(const struct relative *item)
{
	const struct process process = {
		.pid = item->pid,
		.group = getpgid(item->pid),
		.started = item->started,
	};

	return kept.count && is_kept(&process);
}

/* Moves to the front whoever has a parent there; how many there are then. */
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

size_t offspring_list(pid_t root, const pid_t *spared, struct relative **ret)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct relative *items = NULL, item;
	size_t count = 0, alloc = 0, known = 0;
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    relative_read((pid_t)atoi(entry->d_name), &item) == 0)
			*ARRAY_PUSH(items, count, alloc) = item;
	for (size_t i = 0; i < count; i++) {
		item = items[i];
		if (item.pid != root && (!spared || item.parent != getpid() ||
					 item.pid == *spared || is_kept_relative(&item)))
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

uint64_t process_rss_bytes(pid_t pid)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf("/proc/%d/statm", pid);
	unsigned long long resident_pages;

	if (strbuf_read_file(&sb, path, 4096) < 0 ||
	    sscanf(sb.buf, "%*u %llu", &resident_pages) != 1)
		return 0;
	return resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t branch_rss_bytes(const struct process_table *table, pid_t pid, unsigned int depth)
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
	struct process_table table = { 0 };

	read_table(&table);
	uint64_t sum = branch_rss_bytes(&table, pid, 0);
	free(table.items);
	return sum;
}
