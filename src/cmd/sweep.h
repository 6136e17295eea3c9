/* SPDX-License-Identifier: MIT */
/*
 * cmd/sweep: what `bench --sweep` and `compare -P n=A..B` share: the range as it is typed, the options that go with it, and
 * the course of a sweep (run/sweep).
 */
#ifndef MADVISOR_CMD_SWEEP_H
#define MADVISOR_CMD_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cmd/measure.h"
#include "run/experiment.h"
#include "run/sweep.h"
#include "stats/cliff.h"

/* What was typed, for messages: "--sweep", "payload=8..1M", "write …: --sweep payload=8..1M". */
struct sweep_text {
	const char *option, *text, *hint;
};

/* Whether the text behind a `=` is meant as a range: words around two dots, without a comma or a slash. */
bool sweep_is_range(const char *text) __attribute__((nonnull, pure));

/*
 * Reads what stands behind the `=`: "8..1M", "1..64:linear". *ret_sized: a number has a unit, so that they are sizes in
 * bytes. -EINVAL with ERROR_USAGE.
 */
int sweep_parse_range(const struct sweep_text *given, struct cliff_axis *ret, bool *ret_sized,
		      struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* A sweep of a command: all its stages. */
struct sweep_course {
	struct measure *measure;
	uint64_t started_ns;
};

/*
 * Before measure_prepare(): refuses options that do not go with a sweep, and sets rounds and budget where none is given.
 * ERROR_USAGE.
 */
int sweep_course_prepare(struct sweep_course *course, const char *option, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Runs it: plan with add, measure and context. As sweep_run(). */
int sweep_course_run(struct sweep_course *course, struct sweep_plan *plan, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* How many runs a round of one value has. */
size_t sweep_course_runs(const struct sweep_course *course) __attribute__((nonnull, pure));

/* For the experiments of its stages, with the course as the context: a sweep is one stretch of time, however many it has. */
void sweep_course_progress(void *course, const struct progress *progress) __attribute__((nonnull));
void sweep_course_keep(void *course) __attribute__((nonnull));

#endif
