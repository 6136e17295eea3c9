/* SPDX-License-Identifier: MIT */
/*
 * run/offspring: no process that a measured program started outlives its run.
 *
 * madvisor makes itself a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), so that daemons and
 * orphans of a target come back to it as children, wherever their process group and session went.
 */
#ifndef MADVISOR_RUN_OFFSPRING_H
#define MADVISOR_RUN_OFFSPRING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Call once before the first launch. */
void offspring_adopt(void);

/*
 * Kills and reaps every child and adopted descendant of this process but one, which ends by itself when
 * the others have (probe_helper()), or 0; returns how many were still alive. Returns when none is left, or
 * after one second of processes that cannot die (in uninterruptible sleep).
 */
size_t offspring_kill_all(pid_t spared);

/* Resident memory from /proc/PID/statm; 0 when the process is gone. */
uint64_t process_rss_bytes(pid_t pid);
/* The same with all descendants; reads the whole process table. */
uint64_t tree_rss_bytes(pid_t pid);

#endif
