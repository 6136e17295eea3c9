/* SPDX-License-Identifier: MIT */
/*
 * proc/group: the processes of a control group and of the groups below it, version 1 or 2.
 *
 * Sources: cgroups(7), cgroup.procs; proc(5), mountinfo.
 */
#ifndef MADVISOR_PROC_GROUP_H
#define MADVISOR_PROC_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct proc_group {
	pid_t *pids; /* ascending, each once */
	size_t count, alloc;
};

#define _cleanup_proc_group_ __attribute__((cleanup(proc_group_release)))

/*
 * Finds the folder of a group. name: a folder; a path below /sys/fs/cgroup; or a group as /proc/PID/cgroup
 * names it ("/system.slice/redis.service"), in any hierarchy that is mounted. Caller frees *ret. ERROR_USAGE
 * with its remedy: -ENOENT there is none, or its hierarchy is not mounted; -EEXIST several hierarchies have
 * one of that name, with other processes. ERROR_MACHINE: it may not be looked at.
 */
int proc_group_find(const char *name, char **ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/*
 * The processes of a group by its folder, without kernel threads' own group. Those that start and end
 * meanwhile may be missing or listed. A negative errno: -ENOENT the group was removed, -EOPNOTSUPP it is one
 * of threads, whose processes are in a group above it.
 */
int proc_group_read(const char *folder, struct proc_group *ret)
	__attribute__((nonnull, warn_unused_result));
/* Adds a process, unless it is there already. */
void proc_group_add(struct proc_group *group, pid_t pid) __attribute__((nonnull));
bool proc_group_has(const struct proc_group *group, pid_t pid) __attribute__((nonnull, pure));
void proc_group_release(struct proc_group *group);

#endif
