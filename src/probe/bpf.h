/* SPDX-License-Identifier: MIT */
/*
 * probe/bpf: watching processes from inside the kernel, by BPF programs: src/bpf/tax.bpf.c.
 *
 * The rung "bpf" watches one process from its exec on. This interface offers more: running
 * processes, a row for each thread, histograms.
 *
 * The loaded programs are held by this process's file descriptors alone, never pinned: the kernel
 * removes them when the process ends, however it ends.
 *
 * Life cycle: tax_session_open(), any number of tax_session_count() and tax_session_read(),
 * tax_session_detach() before the last reading, tax_session_close().
 */
#ifndef MADVISOR_PROBE_BPF_H
#define MADVISOR_PROBE_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "bpf/tax.h"
#include "model/metrics.h"
#include "probe/probe.h"
#include "stacks/stack-log.h"

/* The events that a session can see on this machine. */
enum tax_feature {
	TAX_SEES_PAGES = 1 << 0,         /* faults by class */
	TAX_SEES_KERNEL_FAULTS = 1 << 1, /* in copies to and from user memory */
	TAX_SEES_PRESENT = 1 << 2,       /* whether a page was there: FREE and COW are exact */
	TAX_SEES_FAULT_TIME = 1 << 3,
	TAX_SEES_LOCK_WAITS = 1 << 4,
	TAX_SEES_TLB = 1 << 5,
	TAX_SEES_HUGE =
		1 << 6, /* huge pages of a whole chunk; without it they make counts inexact */
	TAX_SEES_STACKS = 1 << 7,
};

/* Where the programs see memory calls: src/bpf/hooks.bpf.h. */
enum tax_hooks {
	TAX_AT_FUNCTIONS,
	TAX_AT_TRACEPOINTS,
};

enum { TAX_SAMPLE_PERIOD = 16 };

struct tax_options {
	pid_t waiting_pid; /* a child at its gate, to be watched from its exec on; 0: none */
	const pid_t *pids; /* running processes, with what they started and will start */
	size_t pid_count;  /* 0: none */
	bool pids_alone;   /* without what they started before */
	bool count;        /* from the start; otherwise from tax_session_count() on */
	unsigned int
		period; /* of the faults of small pages, one in so many is timed in a window: a power of 2; 0: none */
	uint64_t memory_bytes; /* of the kernel's tables of page states, at most; they grow with what is touched */
	bool unbounded; /* forks are copied however long that takes */
	bool stacks; /* take those of some purges and refaults, where the kernel can: TAX_SEES_STACKS */
};

#define TAX_OPTIONS_INIT                                                                        \
	{                                                                                       \
		.count = true, .period = TAX_SAMPLE_PERIOD, .memory_bytes = probe_memory_bytes, \
	}

/* What a fault takes outside of the two hooks that time it, less what of the second hook lies inside. */
struct tax_outside {
	double ns;       /* 0: not known */
	double error_ns; /* by which it may be off, as far as that is known */
};

/* The counts so far. Counters not covered by features are 0: unmeasured. */
struct tax_snapshot {
	unsigned int features;
	enum tax_hooks hooks;
	struct tax_row total;
	struct tax_row *rows; /* one for each thread; [TAX_ROW_REST] is the sum of former ones */
	size_t row_count;
	struct tax_histogram histograms[TAX_CALLS];
	struct tax_losses losses;
	struct tax_audit audit;
	uint64_t missed_events; /* calls and faults during a run of their own BPF program */
	uint64_t missed_waits;  /* the same of lock waits and TLB flushes */
	uint64_t verified_insns; /* walked by the kernel's verifier, which loading takes its time with; 0: not told */
	double mean_variance; /* ns^2, of a fault's mean CPU time, from how windows differ; NAN: too few of them */
	struct tax_outside outside; /* of each fault */
	double fault_ns;            /* CPU time; NAN where no fault was timed */
	double fault_error_ns;      /* half of its 95% interval */
};

/* The faults that were timed in one window of time. */
struct tax_window_sum {
	double weight; /* the time that it stands for, in windows */
	double faults;
	double cpu_ns;
};

struct tax_session;

/*
 * Loads and attaches. ERROR_MACHINE with its remedy if this machine cannot: -ENOTSUP if madvisor
 * was built without BPF or the kernel lacks a required feature, -EPERM if the user may not. -ESRCH
 * (ERROR_TARGET) where a pid of options is gone.
 */
int tax_session_open(const struct tax_options *options, struct tax_session **ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/*
 * Whether tax_session_open() would succeed: loads, attaches, and detaches. The first session of such options, with or
 * without stacks, takes over what was loaded. Errors as above.
 */
int tax_session_try(const struct tax_options *options, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
/*
 * After one of the above has succeeded: where the programs of this process see memory calls, and what that costs, in words.
 * Static.
 */
const char *tax_session_hooks(void) __attribute__((returns_nonnull));
/*
 * Watches more running processes, without what they started before. Those that are gone, or watched already, are passed over;
 * those for which there is no room are counted as lost.
 */
void tax_session_watch(struct tax_session *session, const pid_t *pids, size_t count)
	__attribute__((nonnull(1)));
/* Begins or ends counting; page states are tracked all the time. */
void tax_session_count(struct tax_session *session, bool on) __attribute__((nonnull));
/*
 * Sets *ret, to be released. While the programs are attached, a row may be a moment older than another.
 * A negative errno where the kernel does not answer.
 */
int tax_session_read(struct tax_session *session, struct tax_snapshot *ret)
	__attribute__((nonnull, warn_unused_result));
/* Removes the programs from the kernel's hooks; what was counted can still be read. */
void tax_session_detach(struct tax_session *session) __attribute__((nonnull));
/*
 * Due every 10 ms while the programs are attached: reads waiting stacks before their buffer fills,
 * and opens and shuts the windows in which faults are timed. Fewer calls make the windows longer.
 */
void tax_session_tick(struct tax_session *session) __attribute__((nonnull));
/* Gives away all stacks, after detaching; NULL where none were to be taken. */
struct stack_log *tax_session_take_stacks(struct tax_session *session)
	__attribute__((nonnull, warn_unused_result));
/* Takes NULL. */
void tax_session_close(struct tax_session *session);

void tax_snapshot_release(struct tax_snapshot *snapshot);
/* Events that were lost for the counts of faults by class; 0: these are exact. */
uint64_t tax_snapshot_losses(const struct tax_snapshot *snapshot) __attribute__((nonnull, pure));
/* All refaults: the classes after a purge. */
uint64_t tax_row_refaults(const struct tax_row *row) __attribute__((nonnull, pure));
/* Adds the counters of other, not its identity. */
void tax_row_add(struct tax_row *row, const struct tax_row *other) __attribute__((nonnull));
/*
 * Variance of the mean of all faults, in ns^2: faults of a window are alike, since a program has phases, so that the windows
 * are what was drawn by chance, but for those that stand for no time but their own. NAN with fewer than four.
 */
double tax_windows_variance(const struct tax_window_sum *sums, size_t count);
/* Sets fault_ns and fault_error_ns from the total's samples. */
void tax_estimate_fault_time(struct tax_snapshot *snapshot) __attribute__((nonnull));
/* Says what the programs left out, or could not see, in the whole run; NULL: nothing. Caller frees. */
char *tax_snapshot_note(const struct tax_snapshot *snapshot)
	__attribute__((nonnull, warn_unused_result));
/* As a run's metrics: what was not measured stays NAN. */
void tax_snapshot_metrics(const struct tax_snapshot *snapshot, struct metrics *metrics)
	__attribute__((nonnull));
/* The rows by process: CPU time in the calls and, every fault taken to be like the mean, in faults. Caller frees. */
struct process_share *tax_snapshot_shares(const struct tax_snapshot *snapshot, size_t *ret_count)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
