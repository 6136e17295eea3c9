/* SPDX-License-Identifier: MIT */
/*
 * probe/tracing: a tracer as a process of its own, which the ptrace rung and probe/lineage have.
 *
 * It is not madvisor itself, so that a parent's wait4() stays simple: the kernel hands a tracee's end
 * to its tracer first and to its parent afterwards, and only where the two are different processes
 * (wait_consider_task() and wait_task_zombie() in the kernel's kernel/exit.c).
 */
#ifndef MADVISOR_PROBE_TRACING_H
#define MADVISOR_PROBE_TRACING_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct tracing {
	pid_t pid;
	int fd; /* a pidfd: the clean-up after the program may have reaped the tracer; -1: none */
};

#define TRACING_INIT                \
	{                           \
		.pid = -1, .fd = -1 \
	}

/*
 * Starts the tracer, which dies with madvisor. ERROR_MACHINE, with its remedy, if it cannot attach.
 *
 * main_of is what it does, with all signals blocked and no descriptor open but ready_fd: it attaches,
 * writes 0 or an errno as an int to ready_fd, closes that, traces until nothing traced is left,
 * and does not return.
 */
int tracing_start(struct tracing *tracing, void (*main_of)(void *context, int ready_fd),
		  void *context, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * In the tracer: lets a thread go on from a stop as if it were not traced: a signal reaches it, and
 * job control stops it. May fail silently: a stopped thread can be killed at any moment.
 */
void tracing_resume(pid_t tid, int status);

/* Whether the tracer ended other than by a clean exit: what it saw may then be incomplete. */
bool tracing_was_killed(const struct tracing *tracing) __attribute__((nonnull));

/* Kills it, and what it traces with it if it asked for that. Takes one that was not started. */
void tracing_stop(struct tracing *tracing) __attribute__((nonnull));

#endif
