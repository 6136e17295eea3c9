/* SPDX-License-Identifier: MIT */
/*
 * tune/race: candidates run against each other, block by block, and the worst leave.
 *
 * Successive halving (Jamieson and Talwalkar 2016) with the default in every block. A candidate leaves only
 * if it is below the cut and surely worse than the leader, or among the worst third; one that is expected to be good only
 * after some blocks. One that fails leaves at once.
 */
#ifndef MADVISOR_TUNE_RACE_H
#define MADVISOR_TUNE_RACE_H

#include "tune/search.h"

/* From so many blocks on, a candidate's place is more than luck. */
#define RACE_BLOCKS_SURE 3

/* Races `count` candidates until `keep` are left or the stage's runs are used up; reorders `ids`. */
int race_run(struct search *search, enum tuning_stage stage, size_t *ids, size_t count, size_t keep,
	     struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));

/* Races as race_run() does, until few are left, and those few until their places are more than luck. */
int race_to_end(struct search *search, enum tuning_stage stage, size_t *ids, size_t count,
		size_t keep, struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));

/* Rejects a candidate (SIZE_MAX: nothing to do) that was not run yet, if its allocator refuses it. */
int race_admit(struct search *search, size_t id, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/*
 * Runs the leader, and whoever then leads, until one with enough blocks does; SIZE_MAX if that one is
 * not better than the default.
 */
int race_settle(struct search *search, size_t *leader, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Runs that the present stage may still take. */
double race_runs_left(const struct search *search) __attribute__((nonnull));

/*
 * One more block of these candidates, which have their scores added; those that fail are rejected. Of more candidates than
 * runs are left, the first ones; without runs, none.
 */
int race_block(struct search *search, enum tuning_stage stage, const size_t *ids, size_t count,
	       struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));

/* Location of a candidate's log ratios of time and of memory; NAN without blocks. */
double candidate_log_time(const struct attempt *candidate) __attribute__((nonnull));
double candidate_log_memory(const struct attempt *candidate) __attribute__((nonnull));

/* The best that was run; SIZE_MAX: none. */
size_t race_best(const struct search *search) __attribute__((nonnull, pure));

/* By which candidates are ranked; less is better, 0 is the default. INFINITY: not run, or rejected. */
double race_score(const struct search *search, size_t id) __attribute__((nonnull));

/* Whether a candidate that was run is worse than the default by more than the margin and twice its error. */
bool race_is_worse(const struct search *search, size_t id) __attribute__((nonnull));

/* A difference in score that is worth something: the margin. */
double race_worth(const struct search *search) __attribute__((nonnull));

#endif
