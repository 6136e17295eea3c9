/* SPDX-License-Identifier: MIT */
#include "launch/running.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "proc/proc.h"
#include "proc/table.h"

#define PERIOD_NS (10 * NS_PER_MS)
/* Of the time, at most one part in so many. */
#define COST_PART 50

/* Whether a process is madvisor's own, or the kernel's. */
static bool is_foreign(const struct proc_stat *process)
{
	return process->pid == getpid() || process->parent == getpid() || process->of_kernel;
}

static int begin_processes(struct running *running, const pid_t *pids, size_t count,
			   struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct proc_stat stat;

		if (proc_read_stat_of(pids[i], &stat) < 0) {
			error_set(err, ERROR_USAGE, ESRCH, "pid %d: no such process", (int)pids[i]);
			error_hint(err, "`pgrep NAME` tells the process ID of a running program");
			return -ESRCH;
		}
		proc_group_add(&running->roots, pids[i]);
	}
	return 0;
}

/* The processes of the group but for what is not to be watched; in *ret_new those that known lacks. */
static int read_group(const char *folder, const struct proc_group *known, struct proc_group *ret,
		      struct proc_group *ret_new)
{
	size_t kept = 0;
	int r = proc_group_read(folder, ret);

	for (size_t i = 0; i < ret->count; i++) {
		pid_t pid = ret->pids[i];
		struct proc_stat stat;

		if (!proc_group_has(known, pid)) {
			if (proc_read_stat_of(pid, &stat) < 0 || is_foreign(&stat) || stat.ended)
				continue;
			proc_group_add(ret_new, pid);
		}
		ret->pids[kept++] = pid;
	}
	ret->count = kept;
	return r;
}

static int begin_group(struct running *running, const char *group, struct error *err)
{
	const struct proc_group none = { 0 };
	_cleanup_proc_group_ struct proc_group found = { 0 };
	int r = proc_group_find(group, &running->folder, err);

	if (r < 0)
		return r;
	r = read_group(running->folder, &none, &running->roots, &found);
	if (r == -EOPNOTSUPP) {
		error_set(err, ERROR_USAGE, -r, "%s: a control group of threads", group);
		error_hint(err, "name the group above it that has the processes");
		return r;
	}
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "%s: %s", group, strerror(-r));
	if (running->roots.count)
		return 0;
	error_set(err, ERROR_USAGE, ESRCH,
		  "%s: no process is in this control group, nor in those below it", group);
	error_hint(err, "/proc/PID/cgroup names the group of a process");
	return -ESRCH;
}

int running_begin(struct running *running, const pid_t *pids, size_t count, const char *group,
		  struct error *err)
{
	*running = (struct running)RUNNING_INIT;
	return group ? begin_group(running, group, err)
		     : begin_processes(running, pids, count, err);
}

void running_refresh(struct running *running, uint64_t now_ns, struct proc_group *ret_new)
{
	struct proc_group now = { 0 };

	*ret_new = (struct proc_group){ 0 };
	if (!running->folder || now_ns < running->next_ns)
		return;
	int r = read_group(running->folder, &running->roots, &now, ret_new);
	/* A group that was removed has none; after another failure the last list is the better one. */
	if (r == 0 || r == -ENOENT) {
		proc_group_release(&running->roots);
		running->roots = now;
	} else {
		proc_group_release(&now);
	}
	uint64_t took_ns = clock_now_ns(&clock_real) - now_ns;
	uint64_t pause_ns = took_ns * COST_PART;
	running->next_ns = now_ns + (pause_ns > PERIOD_NS ? pause_ns : PERIOD_NS);
}

/* Moves each process whose parent is among the first `known` there; returns the new count. */
static size_t gather(struct proc_stat *items, size_t known, size_t count)
{
	for (size_t i = known; i < count; i++) {
		struct proc_stat item = items[i];
		bool is_child = false;

		for (size_t k = 0; k < known && !is_child; k++)
			is_child = items[k].pid == item.parent;
		if (!is_child || is_foreign(&item))
			continue;
		items[i] = items[known];
		items[known++] = item;
	}
	return known;
}

size_t running_list(const struct running *running, struct proc_stat **ret)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };
	size_t known = 0;

	(void)proc_table_read(&rootfs_real, &table);
	struct proc_stat *items = xcalloc(table.count + 1, sizeof(*items));
	if (table.count)
		memcpy(items, table.items, table.count * sizeof(*items));
	for (size_t i = 0; i < table.count; i++) {
		struct proc_stat item = items[i];

		if (!proc_group_has(&running->roots, item.pid))
			continue;
		items[i] = items[known];
		items[known++] = item;
	}
	for (size_t before = 0; !running->folder && before < known;) {
		before = known;
		known = gather(items, known, table.count);
	}
	*ret = items;
	return known;
}

void running_release(struct running *running)
{
	if (!running)
		return;
	free(running->folder);
	proc_group_release(&running->roots);
	*running = (struct running)RUNNING_INIT;
}
