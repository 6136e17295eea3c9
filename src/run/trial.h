/* SPDX-License-Identifier: MIT */
/*
 * run/trial: one run of one case under one contender, recorded as a row of the result.
 *
 * A failed trial is a row too: its error gives the reason, its metrics stay unmeasured, and the
 * workload's messages are kept. Only a failure that affects all further trials is returned as an
 * error.
 */
#ifndef MADVISOR_RUN_TRIAL_H
#define MADVISOR_RUN_TRIAL_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/result.h"
#include "probe/probe.h"
#include "launch/identity.h"

/* Settings that all trials of an experiment share. Everything is borrowed. */
struct trial_setup {
	const char *workload; /* path of madvisor-workload */
	struct identity identity;
	const cpu_set_t *cpus; /* NULL: not pinned */
	uint64_t timeout_ns;
	uint64_t memory_max_bytes;
	uint64_t min_time_ns; /* of a measured phase, when it is calibrated */
};

struct trial {
	size_t case_index;
	size_t contender_index;
	unsigned int round;
	bool observed;
	const struct probe *probe;
};

enum trial_end { TRIAL_DONE, TRIAL_FAILED, TRIAL_INTERRUPTED };

/*
 * Runs it and appends the row to the result; an interrupted trial leaves no row. The case must be
 * calibrated. *ret_end says how it went. A failure to start is a negative errno.
 */
int trial_run(const struct trial_setup *setup, const struct trial *trial, struct result *result,
	      enum trial_end *ret_end, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

/* Adds the row of a trial that ended, without its figures. Borrowed from the result. */
struct run *trial_add_run(struct result *result, const struct trial *trial, int exit_status)
	__attribute__((nonnull, returns_nonnull));

/*
 * Runs the case once under a contender and sets case_info.iterations to the count that fills the
 * measured phase, so that every contender does the same work. A case that cannot run at all is
 * ERROR_TARGET.
 */
int trial_calibrate(const struct trial_setup *setup, size_t case_index, size_t contender_index,
		    struct result *result, struct error *err)
	__attribute__((nonnull(1, 4), warn_unused_result));

#endif
