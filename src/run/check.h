/* SPDX-License-Identifier: MIT */
/*
 * run/check: the check round of run/compare: untimed runs of every contender, with a witness that
 * tells which object serves malloc, and two of the baseline, to learn which outputs are the same
 * each time.
 */
#ifndef MADVISOR_RUN_CHECK_H
#define MADVISOR_RUN_CHECK_H

#include "run/compare.h"

/*
 * Checks every contender in one case and fills compare->output_check; see compare_run() for errors.
 * *ret_interrupted: the user pressed Ctrl-C.
 */
int compare_check(struct compare *compare, size_t case_index, bool *ret_interrupted,
		  struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));

#endif
