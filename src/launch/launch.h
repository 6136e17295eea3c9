/* SPDX-License-Identifier: MIT */
/*
 * launch/launch: one process execution, from fork to the last of its offspring.
 *
 * The child stops at a gate before exec until its probe is attached, runs in a process group of its
 * own, dies with madvisor (PR_SET_PDEATHSIG), and is watched: its time, its memory, its output,
 * and the user's Ctrl-C. When launch_run() returns, all processes of the program have ended.
 *
 * Protocol with a cooperating program (madvisor-workload): it writes "B\n" to the sync descriptor right
 * before its measured phase and "E\n" right after, and waits for one byte after each; counters count
 * between the two. Its report is its output on the report descriptor.
 */
#ifndef MADVISOR_LAUNCH_LAUNCH_H
#define MADVISOR_LAUNCH_LAUNCH_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "model/metrics.h"
#include "probe/probe.h"
#include "launch/identity.h"
#include "launch/printed.h"

/* Default time from SIGTERM to SIGKILL. */
#define LAUNCH_GRACE_NS (UINT64_C(10) * 1000 * 1000 * 1000)

/* The descriptors of a cooperating program, as numbers in the child. */
enum { LAUNCH_REPORT_FD = 3, LAUNCH_SYNC_FD = 4 };

/* Where a program's standard output goes. Its standard error is always watched. */
enum launch_output {
	LAUNCH_DISCARD, /* /dev/null */
	LAUNCH_CAPTURE, /* read: outcome.out */
	LAUNCH_INHERIT, /* madvisor's own; its standard error is then madvisor's too */
};

struct census;

struct launch {
	const char *const *argv; /* argv[0] is a path, or searched in PATH */
	char *const *env;        /* the whole environment */
	const cpu_set_t *cpus;   /* NULL: not pinned */
	const struct identity *identity;
	const struct probe *probe;
	uint64_t timeout_ns;       /* 0: none */
	uint64_t grace_ns;         /* after it, from SIGTERM to SIGKILL; 0: killed at once */
	uint64_t memory_max_bytes; /* of the process tree's resident memory; 0: none */
	struct census *census;     /* also samples glibc's arenas; NULL: no census */
	/* Called now and then while it runs, with its busiest process by the census; must be quick. Or NULL. */
	void (*look)(void *context, pid_t pid, uint64_t now_ns);
	void *look_context;
	bool cooperating;  /* it gets the two descriptors */
	const char *input; /* file that is its standard input; NULL: /dev/null */
	enum launch_output output;
};

enum launch_end {
	LAUNCH_EXITED,  /* by itself; see exit_status */
	LAUNCH_TIMEOUT, /* stopped: out of time */
	LAUNCH_MEMORY,  /* stopped: over its memory */
	LAUNCH_INTERRUPTED,
};

struct outcome {
	enum launch_end end;
	bool had_to_be_killed; /* it did not end within grace_ns after SIGTERM */
	int exit_status;  /* as a shell gives it: 128 + signal; 127 not found, 126 not executable */
	uint64_t wall_ns; /* from the opening of the gate to the exit */
	size_t left_behind; /* processes that outlived the program and were killed */
	struct metrics metrics;
	struct stack_log *stacks; /* that the probe took; NULL: none */
	struct lineage *lineage;  /* that the probe took; NULL: none */
	char *probe_note;         /* how the probe affected it; NULL: no effect */
	struct strbuf report;     /* of a cooperating program */
	struct strbuf err_text;   /* the end of its standard error */
	struct strbuf err_head;   /* and its start */
	struct digest err_digest; /* and all of it */
	struct printed out;       /* its standard output, where captured */
};

#define OUTCOME_INIT                                                               \
	{                                                                          \
		.exit_status = -1, .report = STRBUF_INIT, .err_text = STRBUF_INIT, \
		.err_head = STRBUF_INIT,                                           \
		.out = {.head = STRBUF_INIT,                                       \
			.tail = STRBUF_INIT }                                      \
	}
#define _cleanup_outcome_ __attribute__((cleanup(outcome_release)))

/*
 * Runs the program to its end. 0 once it ran, however it ended; a negative errno when it could not be
 * started or the probe failed.
 */
int launch_run(const struct launch *launch, struct outcome *outcome, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void outcome_release(struct outcome *outcome);

#endif
