/* SPDX-License-Identifier: MIT */
/*
 * cmd/tune-resume: what a tuning that was killed or interrupted has left, for one that goes on: of the search
 * its samples, of confirmation and guards their rows. A part of cmd/tune.
 *
 * Both are told again in place of runs (tune/session, run/experiment), so that all decisions are the same.
 */
#ifndef MADVISOR_CMD_TUNE_RESUME_H
#define MADVISOR_CMD_TUNE_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cmd/journal.h"
#include "model/result.h"
#include "run/trial.h"

struct resume {
	struct remains remains; /* the journal, until another one has its rows */
	struct result earlier;
};

void resume_init(struct resume *resume) __attribute__((nonnull));
/* The journal stays. */
void resume_release(struct resume *resume) __attribute__((nonnull));

/*
 * Reads a journal (NAME.jsonl) or a result; with path NULL the newest journal of a tuning, or else the
 * newest result. ERROR_USAGE: there is none, it is of another command, or it had come to its end.
 */
int resume_open(struct resume *resume, const char *path, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* ERROR_USAGE unless the result has the case and the default that the earlier one had. */
int resume_check(const struct resume *resume, const struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Iterations that a case was run with; 0: none. */
uint64_t resume_iterations(const struct resume *resume, const char *case_name)
	__attribute__((nonnull, pure));

/*
 * Adds to `into` the earlier row of the trial, whose case and contender are those of `into`. *ret_wall_ns: how
 * long it took, 0 where unknown. False: there is none.
 */
bool resume_recall(const struct resume *resume, const struct trial *trial, struct result *into,
		   double *ret_wall_ns, enum trial_end *ret_end) __attribute__((nonnull));

/* Deletes the journal: another one has what it had. A failure leaves it. */
void resume_drop(struct resume *resume) __attribute__((nonnull));

#endif
