/* SPDX-License-Identifier: MIT */
/*
 * launch/running: what runs already and is to be watched: processes with what they started, or those of a control group, with
 * what comes into it. Never madvisor itself nor its children, nor threads of the kernel.
 *
 * Life cycle: running_begin(); running_refresh() every now and then; running_release().
 */
#ifndef MADVISOR_LAUNCH_RUNNING_H
#define MADVISOR_LAUNCH_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "proc/group.h"
#include "proc/parse.h"

struct running {
	char *folder;            /* of the control group; NULL: processes were named */
	struct proc_group roots; /* those named, or all of the group as of the last refresh */
	uint64_t next_ns;        /* when a refresh is due */
};

#define RUNNING_INIT           \
	{                      \
		.folder = NULL \
	}
#define _cleanup_running_ __attribute__((cleanup(running_release)))

/*
 * group: as in proc_group_find(); NULL: the processes of pids. Errors: those of proc_group_find(); ERROR_USAGE for a process
 * that does not exist, and for a group without processes or one of threads.
 */
int running_begin(struct running *running, const pid_t *pids, size_t count, const char *group,
		  struct error *err) __attribute__((nonnull(1), warn_unused_result));
/*
 * When due, reads a group afresh and sets *ret_new, to be released, to those that came into it. Takes at most a fiftieth of the
 * time. Does nothing where processes were named.
 */
void running_refresh(struct running *running, uint64_t now_ns, struct proc_group *ret_new)
	__attribute__((nonnull));
/*
 * Lists what is watched now: the roots, and unless they are a group, their descendants. Returns the count; the caller frees
 * *ret.
 */
size_t running_list(const struct running *running, struct proc_stat **ret)
	__attribute__((nonnull, warn_unused_result));
void running_release(struct running *running);

#endif
