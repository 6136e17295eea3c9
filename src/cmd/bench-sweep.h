/* SPDX-License-Identifier: MIT */
/*
 * cmd/bench-sweep: `madvisor bench --sweep payload=8..1M`: one case at many values of one of its numbers. A part of
 * cmd/bench.
 */
#ifndef MADVISOR_CMD_BENCH_SWEEP_H
#define MADVISOR_CMD_BENCH_SWEEP_H

#include "base/error.h"
#include "cmd/measure.h"
#include "cmd/sweep.h"
#include "run/workload.h"

struct bench_sweep {
	const char *text; /* as typed; NULL: no sweep */
	char *base;       /* the case whose number is varied */
	char *parameter;  /* as the case has it: "size" */
	struct sweep_course course;
	const struct workload_catalogue *catalogue;
};

/*
 * Before measure_prepare(): reads the text and finds the case, the one that is named, or for NULL the first that has the
 * number. Fills the result's sweep and adds the cases of its two ends. -EINVAL with ERROR_USAGE.
 */
int bench_sweep_resolve(struct bench_sweep *sweep, const char *case_name,
			const struct workload_catalogue *catalogue, struct measure *measure,
			struct error *err) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* After the contenders are resolved: refuses a budget that is too short for its two ends. */
int bench_sweep_check(const struct bench_sweep *sweep, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Measures. As bench_run(). */
int bench_sweep_run(struct bench_sweep *sweep, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

void bench_sweep_release(struct bench_sweep *sweep) __attribute__((nonnull));

#endif
