/* SPDX-License-Identifier: MIT */
/*
 * proc/group: the processes of a control group and of the groups below it, version 1 or 2.
 *
 * Source: cgroups(7), cgroup.procs.
 */
#ifndef MADVISOR_PROC_GROUP_H
#define MADVISOR_PROC_GROUP_H

#include <stddef.h>
#include <sys/types.h>

struct proc_group {
	pid_t *pids; /* ascending, each once */
	size_t count, alloc;
};

#define _cleanup_proc_group_ __attribute__((cleanup(proc_group_release)))

/*
 * name: a folder below /sys/fs/cgroup, or a group as /proc/PID/cgroup names it
 * ("/system.slice/redis.service"). -ENOENT: there is none; or the errno of reading it. Processes
 * that start and end meanwhile may be missing or listed.
 */
int proc_group_read(const char *name, struct proc_group *ret)
	__attribute__((nonnull, warn_unused_result));
void proc_group_release(struct proc_group *group);

#endif
