/* SPDX-License-Identifier: MIT */
/* cmd/compare-sweep: `madvisor compare -P n=8..1M`: the command at many values of a number. A part of cmd/compare. */
#ifndef MADVISOR_CMD_COMPARE_SWEEP_H
#define MADVISOR_CMD_COMPARE_SWEEP_H

#include "base/error.h"
#include "cmd/compare-options.h"

/* Before measure_prepare(), with the cases of both ends: makes the result a sweep. ERROR_USAGE. */
int compare_sweep_prepare(struct compare_options *compare, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Measures. As compare_run(). */
int compare_sweep_run(struct compare_options *compare, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
