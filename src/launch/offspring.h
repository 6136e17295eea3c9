/* SPDX-License-Identifier: MIT */
/*
 * launch/offspring: no process that a measured program started outlives its run.
 *
 * madvisor makes itself a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), so that daemons and
 * orphans of a target come back to it as children, wherever their process group and session went.
 */
#ifndef MADVISOR_LAUNCH_OFFSPRING_H
#define MADVISOR_LAUNCH_OFFSPRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proc/parse.h"

/*
 * Call once, before the first launch. Children that madvisor has by then it did not start: the shell that turned into it by
 * exec had them (`redis & exec madvisor …`). They are kept, with what they start in their process groups.
 */
void offspring_adopt(void);

/*
 * Keeps the children that there are now, too, and what they start in their process groups, until offspring_keep_only() is
 * given what this returns.
 */
size_t offspring_keep_all(void) __attribute__((warn_unused_result));
void offspring_keep_only(size_t kept);

/*
 * A child of madvisor's own that is no part of what a program started: offspring_list() passes it over, and its end is no
 * news for offspring_kill_all(). -1 is no process.
 */
void offspring_own(pid_t pid);
void offspring_disown(pid_t pid);

/*
 * Kills and reaps every child and adopted descendant of this process but those that are kept and one, which ends by
 * itself when the others have (probe_helper()), or 0; returns how many were still alive. Returns when none is left, or
 * after one second of processes that cannot die (in uninterruptible sleep).
 */
size_t offspring_kill_all(pid_t spared);

/* A process of a tree, as /proc/PID/stat tells of it. */
struct relative {
	pid_t pid;
	pid_t parent;
	pid_t group;
	char name[16];            /* what it calls itself */
	bool ended;               /* it is a zombie: some of the rest is no longer known */
	uint64_t started;         /* with the pid, this is no other process */
	uint64_t stack_start;     /* another one by exec, not by fork; 0: may not be known */
	uint64_t faults;          /* its own */
	uint64_t children_faults; /* of the children that it waited for */
};

/*
 * root and what descends from it. Not NULL, `spared` has in the list whatever else descends from this process, which adopts
 * orphans, but for what is kept and that one (probe_helper(), or 0). Returns how many; the caller frees *ret.
 */
size_t offspring_list(pid_t root, const pid_t *spared, struct relative **ret)
	__attribute__((nonnull(3), warn_unused_result));
/* A negative errno where there is none. */
int relative_read(pid_t pid, struct relative *ret) __attribute__((nonnull, warn_unused_result));
void relative_of_stat(const struct proc_stat *stat, struct relative *ret) __attribute__((nonnull));

/* Resident memory from /proc/PID/statm; 0 when the process is gone. */
uint64_t process_rss_bytes(pid_t pid);
/* The same with all descendants; reads the whole process table. */
uint64_t tree_rss_bytes(pid_t pid);

#endif
