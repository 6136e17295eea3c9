/* SPDX-License-Identifier: MIT */
/*
 * base/cgroup: the limits that control groups put on this process, version 1 or 2.
 *
 * A limit binds from any level, so the whole path up to the root counts. Formats: cgroups(7),
 * Documentation/admin-guide/cgroup-v2.rst.
 */
#ifndef MADVISOR_BASE_CGROUP_H
#define MADVISOR_BASE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rootfs.h"

/*
 * The group of a process in a hierarchy, by /proc/PID/cgroup: of version 2 (controller NULL), or of
 * the one in version 1 that has the controller. Caller frees; NULL where it is in none.
 */
char *cgroup_parse(const char *text, const char *controller)
	__attribute__((nonnull(1), warn_unused_result));

/* The least memory limit on the path; false without one. */
bool cgroup_memory_max(const struct rootfs *fs, uint64_t *ret_bytes) __attribute__((nonnull));
/*
 * The least memory left under any limit on the path, its group's usage taken off; false without
 * one.
 */
bool cgroup_memory_left(const struct rootfs *fs, uint64_t *ret_bytes) __attribute__((nonnull));
/* The least CPU quota on the path, in CPUs (1.5); false without one. */
bool cgroup_cpu_max(const struct rootfs *fs, double *ret_cpus) __attribute__((nonnull));
/* Of so many CPUs that a process may run on, those that the quota lets it use: rounded up, at least 1. */
unsigned int cgroup_cpus(const struct rootfs *fs, unsigned int count) __attribute__((nonnull));

#endif
