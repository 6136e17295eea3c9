/* SPDX-License-Identifier: MIT */
/* cmd/compare-plan: from the options and cases of `madvisor compare` to what run/compare needs. A part of cmd/compare. */
#ifndef MADVISOR_CMD_COMPARE_PLAN_H
#define MADVISOR_CMD_COMPARE_PLAN_H

#include <stddef.h>

#include "base/error.h"
#include "cmd/compare-options.h"
#include "run/compare.h"

/* Sets the metric that contenders are judged by. */
void compare_choose_metric(struct compare_options *compare) __attribute__((nonnull));

/* Puts the files that version managers' shims lead to into the cases from `first` on. */
void compare_follow_shims(struct compare_options *compare, size_t first) __attribute__((nonnull));

/*
 * Whether every contender can serve the programs of the cases from `first` on, as the one of the first case. As
 * measure_check_program().
 */
int compare_check_programs(struct compare_options *compare, size_t first, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* What run/compare needs of the options, with everything that cmd/measure has. Borrowed. */
struct compare compare_of_options(struct compare_options *compare)
	__attribute__((nonnull, warn_unused_result));

#endif
