/* SPDX-License-Identifier: MIT */
/*
 * run/program: trials of the user's own command, for `compare` and `explain`.
 *
 * A program's figures cover its whole life, from exec to exit: wall time by madvisor's clock, the
 * rest by the probe. Its row is the case `command`, or one case for each combination of parameters.
 */
#ifndef MADVISOR_RUN_PROGRAM_H
#define MADVISOR_RUN_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "alloc/witness.h"
#include "base/error.h"
#include "model/result.h"
#include "run/extract.h"
#include "run/output-check.h"
#include "launch/launch.h"
#include "probe/lineage.h"
#include "run/trial.h"

/* The program to run. Everything is borrowed. */
struct program {
	const char *const *argv; /* NULL-terminated */
	const char *input;       /* its standard input; NULL: /dev/null */
	bool ignore_failure;     /* an exit status other than 0 counts like any other run */
	enum launch_output output;
	const struct extraction *metrics; /* taken from what it prints */
	size_t metric_count;
	struct census *census;         /* which programs it leads to; NULL: not asked */
	const struct witness *witness; /* preloaded beside the contender; NULL: none */
	bool asking; /* the program reports whether it accepts its settings: alloc/self */
};

/* Results of a trial beside its row. */
struct program_record {
	struct run_output output;
	struct lineage *lineage; /* under probe_lineage; owned */
	double cpu_ns;           /* of the program and the children that it waited for */
	size_t left_behind;      /* processes that it left running, which were killed */
	const char *remedy;      /* of a failure: how to go on; static */
	char *said;              /* the start of its standard error */
};

#define _cleanup_program_record_ __attribute__((cleanup(program_record_release)))

void program_record_release(struct program_record *record);

/* What a run gave, from its outcome; its texts are copied. `launch` says what was captured. */
struct run_output program_output(const struct launch *launch, const struct outcome *outcome)
	__attribute__((nonnull, warn_unused_result));

/*
 * Runs it once and appends the row to the result; an interrupted trial leaves no row. Failing to start is
 * a negative errno (ERROR_TARGET). record may be NULL.
 */
int program_trial(const struct program *program, const struct trial_setup *setup,
		  const struct trial *trial, struct result *result, struct program_record *record,
		  enum trial_end *ret_end, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4, 6), warn_unused_result));

/* The remedy for a metric that is not found; static. */
extern const char program_metric_remedy[];
/* Takes the user's own metrics from a run's output; the run's error reports a missing one. */
void program_take_metrics(struct run *run, const struct program *program,
			  const struct outcome *outcome) __attribute__((nonnull));

/* The whole environment of a run under a contender. Free with strv_free(). */
char **program_environment(const struct program *program, const struct identity *identity,
			   const struct contender *contender)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
