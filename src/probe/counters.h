/* SPDX-License-Identifier: MIT */
/*
 * probe/counters: a set of perf_event_open(2) counters on a process and all it starts.
 *
 * The set is one group: its members start and stop together, on the leader's state, in every thread.
 * Counts of threads and children that ended are kept by the kernel (attr.inherit), so that the sum is
 * complete when it is read after the process has ended.
 *
 * Life cycle: COUNTERS_INIT, counters_open(), enable and disable, counters_read(), counters_close().
 */
#ifndef MADVISOR_PROBE_COUNTERS_H
#define MADVISOR_PROBE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "model/metrics.h"
#include "probe/probe.h"

enum { COUNTERS_MAX = 12 };

struct counter_spec {
	enum metric_id metric;
	uint32_t type; /* PERF_TYPE_* */
	uint64_t config;
	const char *filter; /* of a tracepoint; NULL: none. Borrowed */
	const char *name;   /* for messages; borrowed */
	bool optional;      /* the set is useful without it */
	bool in_kernel; /* it happens in the kernel: a count without the kernel would be wrong */
};

struct counters {
	struct {
		enum metric_id metric;
		int fd;
	} items[COUNTERS_MAX]; /* the leader first */
	size_t count;
	bool user_only; /* the kernel let us count in user mode only */
};

#define COUNTERS_INIT      \
	{                  \
		.count = 0 \
	}

/* The layout of read(2) with PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING. */
struct counter_reading {
	uint64_t value;
	uint64_t enabled_ns;
	uint64_t running_ns;
};

/*
 * Opens the counters on pid; they start at exec or with counters_enable(). A counter that fails to
 * open is left out if optional, otherwise it is an ERROR_MACHINE with its remedy. Where only
 * counting in user mode is allowed (perf_event_paranoid 2), in_kernel counters are left out too:
 * their counts would be 0 or mean something else; if all counters are left out, the call fails. On
 * failure the set is empty. spec_count is at least 1.
 */
int counters_open(struct counters *counters, const struct counter_spec *specs, size_t spec_count,
		  pid_t pid, enum probe_start start, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
void counters_enable(const struct counters *counters) __attribute__((nonnull));
void counters_disable(const struct counters *counters) __attribute__((nonnull));
/* Sets the metrics of the counters that counted. */
void counters_read(const struct counters *counters, struct metrics *metrics)
	__attribute__((nonnull));
void counters_close(struct counters *counters) __attribute__((nonnull));

/*
 * The count, or NAN where the counter was never enabled, or shared its hardware with others for a part
 * of the time: scaling up is a guess, and a wrong one on machines with two kinds of cores.
 */
double counter_value(const struct counter_reading *reading) __attribute__((nonnull, pure));

#endif
