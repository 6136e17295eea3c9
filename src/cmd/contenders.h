/* SPDX-License-Identifier: MIT */
/*
 * cmd/contenders: who takes part: from --contenders and --baseline to rows of the result. A part of
 * cmd/measure.
 */
#ifndef MADVISOR_CMD_CONTENDERS_H
#define MADVISOR_CMD_CONTENDERS_H

#include "identify/identify.h"
#include "base/error.h"
#include "cmd/measure.h"

/* For built-in cases: the baseline is glibc, and each is proven with the workload. */
int measure_resolve_contenders(struct measure *measure, const char *workload, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * For a user's own program, such as argv[0]: the baseline is `self`, which changes nothing. What cannot be
 * compared in it is refused from what its file says, with the reason and the way out: ERROR_USAGE. A program that
 * cannot be started is ERROR_TARGET. Whether a contender really serves it is for the run to show.
 */
int measure_resolve_for_program(struct measure *measure, const char *program, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* identify_file() of a program that is to be run: one that cannot be is ERROR_TARGET. */
int identify_program(const struct measure *measure, const char *program, struct identification *ret,
		     struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Whether contenders were asked for by "all", not by name: one that does not work is left out, and no error. */
bool measure_takes_all(const struct measure *measure) __attribute__((nonnull));

/*
 * For one more program that the same contenders are to run, such as another value of a parameter: whether they
 * can.
 */
int measure_check_program(const struct measure *measure, const char *program, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
