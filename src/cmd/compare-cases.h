/* SPDX-License-Identifier: MIT */
/*
 * cmd/compare-cases: from the command line of `madvisor compare` to the commands that are run: one for each
 * combination of parameters, and twice as many for two builds. A part of cmd/compare.
 */
#ifndef MADVISOR_CMD_COMPARE_CASES_H
#define MADVISOR_CMD_COMPARE_CASES_H

#include "base/error.h"
#include "cmd/compare-options.h"

/* Fills cases and baseline_cases, and the result's cases. ERROR_USAGE for a server's line. */
int compare_build_cases(struct compare_options *compare, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Adds one more case: the command with that value of the range of -P. As above. */
int compare_add_value(struct compare_options *compare, uint64_t value, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* What tells the old (or the new) of two builds: what stands for {build}, or the program. Borrowed. */
const char *compare_build_text(const struct compare_options *compare, bool old)
	__attribute__((nonnull, returns_nonnull));

#endif
