/* SPDX-License-Identifier: MIT */
/*
 * launch/offspring: ends all processes that a measured program started, at the end of its run.
 *
 * madvisor makes itself a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), so that daemons and
 * orphans of a target come back to it as children, wherever their process group and session went.
 */
#ifndef MADVISOR_LAUNCH_OFFSPRING_H
#define MADVISOR_LAUNCH_OFFSPRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "proc/parse.h"

/*
 * Call once, before the first launch. Children that exist by then were started by the shell that
 * executed madvisor (`redis & exec madvisor …`). They are kept, with all in their process groups.
 */
void offspring_adopt(void);

/*
 * Keeps the present children too, with all in their process groups, until offspring_keep_only() is
 * called with the value returned here.
 */
size_t offspring_keep_all(void) __attribute__((warn_unused_result));
void offspring_keep_only(size_t kept);

/*
 * Marks a child as madvisor's own, apart from the programs measured: offspring_list() skips it, and
 * offspring_kill_all() does not count it. -1 is ignored.
 */
void offspring_own(pid_t pid);
void offspring_disown(pid_t pid);

/*
 * Kills and reaps every child and adopted descendant of this process except the kept ones and
 * `spared` (probe_helper(), or 0), which ends by itself after the others. Returns how many were
 * still alive, after at most one second, as processes in uninterruptible sleep cannot die.
 */
size_t offspring_kill_all(pid_t spared);

/*
 * Adds what the adopted orphans used, except kept ones and `spared`: daemons and what was left in the background, which the
 * program's own wait never counts. Those that ended are reaped; of those that live, what they and theirs used until now,
 * without context switches.
 */
void offspring_add_usage(pid_t spared, struct rusage *usage) __attribute__((nonnull));

/* A process of a tree, from /proc/PID/stat. */
struct relative {
	pid_t pid;
	pid_t parent;
	pid_t group;
	char name[16];            /* its command name (comm) */
	bool ended;               /* a zombie, with some fields below unknown */
	uint64_t started;         /* identifies the process, with the pid */
	uint64_t stack_start;     /* changes by exec, not by fork; 0: access denied */
	uint64_t faults;          /* its own */
	uint64_t children_faults; /* of its children, after wait */
};

/*
 * Lists root and its descendants, and adopted orphans, except kept processes and `spared`
 * (probe_helper(), or 0). Returns the count; the caller frees *ret.
 */
size_t offspring_list(pid_t root, pid_t spared, struct relative **ret)
	__attribute__((nonnull(3), warn_unused_result));
/* A negative errno if there is no such process. */
int relative_read(pid_t pid, struct relative *ret) __attribute__((nonnull, warn_unused_result));
void relative_of_stat(const struct proc_stat *stat, struct relative *ret) __attribute__((nonnull));

/* Resident memory from /proc/PID/statm; 0 when the process is gone. */
uint64_t process_rss_bytes(pid_t pid);
/* The same with all descendants; reads the whole process table. */
uint64_t tree_rss_bytes(pid_t pid);

#endif
