/* SPDX-License-Identifier: MIT */
/*
 * run/observe: observes a program once, for `explain`: a command from its start, or running
 * processes for some time. Unlike a trial it counts however it ends: a program that crashes or is
 * stopped has figures too.
 */
#ifndef MADVISOR_RUN_OBSERVE_H
#define MADVISOR_RUN_OBSERVE_H

#include <stdint.h>
#include <sys/types.h>

#include "identify/identify.h"
#include "base/error.h"
#include "model/result.h"
#include "probe/probe.h"
#include "launch/identity.h"
#include "launch/launch.h"
#include "launch/running.h"
#include "run/program.h"
#include "run/taxpayer.h"
#include "run/trial.h"

struct observation {
	struct result *result; /* with the case and the contender, both of index 0 */
	const struct probe *probe;
	const struct identification *named; /* the target: a command's file, or the process */
	bool stacks;                        /* take them; bpf rung alone */
	bool retained; /* look at what its memory holds: of a command now and then, of a process at the end */
	const struct identity *identity; /* with whose rights its files are read */
	uint64_t duration_ns;            /* 0: until the program ends; a process needs one */
	uint64_t grace_ns; /* from SIGTERM, after duration_ns, to SIGKILL; of a command only */
	void (*progress)(void *context, uint64_t elapsed_ns); /* or NULL; of a process only */
	void (*keep)(void *context);                          /* the row is there; or NULL */
	void *context;
};

/*
 * Set in the environment of an observed command, to detect whether the program whose allocator is
 * to be set gets the environment that the command was started with.
 */
#define OBSERVED_VARIABLE "MADVISOR_EXPLAIN"

/* How a command ended. */
struct observed {
	enum launch_end end;   /* LAUNCH_TIMEOUT: stopped after duration_ns */
	bool had_to_be_killed; /* it did not end within grace_ns after SIGTERM */
	int exit_status;
	size_t left_behind;
	char *said; /* the end of its standard error, unless that is madvisor's own; owned */
};

/*
 * Runs the command once and appends its row. A negative errno if it could not be started or the
 * probe failed. *ret is to be released with observed_release(), *ret_taxpayer with
 * taxpayer_release().
 */
int observe_command(const struct observation *observation, const struct program *program,
		    const struct trial_setup *setup, struct observed *ret,
		    struct taxpayer *ret_taxpayer, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4, 5), warn_unused_result));

/*
 * Watches processes and what they start for duration_ns, until all that were named have ended, or until
 * the user interrupts, and appends a row, with all figures under the bpf rung, else with those from
 * /proc. A control group is watched for all of duration_ns, with what comes into it. The processes are left as they were.
 * ERROR_TARGET if one is gone, ERROR_MACHINE if they may not be watched.
 */
int observe_running(const struct observation *observation, struct running *running,
		    struct taxpayer *ret_taxpayer, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

void observed_release(struct observed *observed);

#endif
