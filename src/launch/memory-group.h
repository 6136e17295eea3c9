/* SPDX-License-Identifier: MIT */
/*
 * launch/memory-group: a control group for the processes of one run, which limits their memory and knows its peak.
 *
 * Needed: the memory controller of version 1 (cgroup-v1/memory.rst) or 2 (cgroup-v2.rst), with the right to make groups
 * below madvisor's own: as root under version 1; under version 2 in a group that was delegated and holds madvisor alone
 * (systemd-run --scope -p Delegate=yes). Then madvisor moves into a leaf below it, since a group with processes gives its
 * children no controller, and moves back at exit.
 *
 * What a group is charged is all memory that its processes touched first: pages that several share count once, and page
 * tables, kernel buffers and page cache count too. The kernel charges up to 64 pages a CPU in advance (MEMCG_CHARGE_BATCH).
 * A group is new for each run, so nothing is left from the one before.
 */
#ifndef MADVISOR_LAUNCH_MEMORY_GROUP_H
#define MADVISOR_LAUNCH_MEMORY_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/rootfs.h"

enum memory_version { MEMORY_NONE, MEMORY_V1, MEMORY_V2 };

/* Where groups are made. */
struct memory_place {
	enum memory_version version;
	char *path;   /* of the group that holds them; owned; NULL: MEMORY_NONE */
	char *leaf;   /* into which madvisor moved; owned; NULL: none */
	bool enabled; /* madvisor gave the group's children the memory controller */
};

struct memory_group {
	enum memory_version version; /* MEMORY_NONE: there is none */
	char *path;                  /* owned */
};

/*
 * Finds the place, changing nothing outside of madvisor's own group. *ret_reason is why there is none (static), or NULL.
 */
void memory_place_find(const struct rootfs *fs, struct memory_place *ret, const char **ret_reason)
	__attribute__((nonnull));
/* Takes back what was changed: the leaf, and the controller. */
void memory_place_leave(struct memory_place *place) __attribute__((nonnull));

/* Removes the empty groups of a madvisor that was killed. */
void memory_place_sweep(const struct memory_place *place) __attribute__((nonnull));

/* The place of this process, found at the first call and left at exit. Borrowed. */
const struct memory_place *memory_place_get(void) __attribute__((returns_nonnull));

/*
 * Makes a group in the place and moves a process into it, whose children follow. limit_bytes 0: no limit. Negative errno;
 * then there is no group.
 */
int memory_group_open(const struct memory_place *place, pid_t pid, uint64_t limit_bytes,
		      struct memory_group *ret) __attribute__((nonnull, warn_unused_result));
/* The most that its processes ever had at one time. NAN if there is no group, or it cannot tell. */
double memory_group_peak_bytes(const struct memory_group *group) __attribute__((nonnull));
/* Whether the kernel killed one of its processes at the limit. */
bool memory_group_overran(const struct memory_group *group) __attribute__((nonnull));
/* Removes the group, once all of its processes have ended. */
void memory_group_close(struct memory_group *group) __attribute__((nonnull));

#endif
