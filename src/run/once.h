/* SPDX-License-Identifier: MIT */
/*
 * run/once: one run of the user's command under a contender, with what belongs to it: its --prepare
 * and --conclude, and its server's load. A part of run/compare.
 */
#ifndef MADVISOR_RUN_ONCE_H
#define MADVISOR_RUN_ONCE_H

#include "run/compare.h"

/* The program of a case under a contender. Borrowed. */
struct program compare_program(const struct compare *compare, size_t case_index,
			       size_t contender_index) __attribute__((nonnull, warn_unused_result));

/* One run; see program_trial(). record may be NULL. */
int compare_run_once(struct compare *compare, const struct program *program,
		     const struct trial *trial, struct result *result,
		     struct program_record *record, enum trial_end *ret_end, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4, 6), warn_unused_result));

/* An untimed run under a probe; its row is dropped. *ret_error: the reason of a failure; caller frees. */
int compare_run_untimed(struct compare *compare, const struct program *program, size_t case_index,
			size_t contender_index, const struct probe *probe,
			struct program_record *record, enum trial_end *ret_end, char **ret_error,
			struct error *err)
	__attribute__((nonnull(1, 2, 5, 7, 8), warn_unused_result));

#endif
