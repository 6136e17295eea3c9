/* SPDX-License-Identifier: MIT */
/*
 * tune/session: runs the blocks of a search: turns candidates into contenders, runs them in random order,
 * and turns rows into scores.
 *
 * The rows go to a scratch result, which has the case and, as its only contender, the default; each admitted
 * candidate is added to it. Runs are bounded by a multiple of what the default took.
 *
 * Each run is a sample of the tuning. A search that goes on after it was interrupted or killed is told the
 * samples of the earlier one in place of runs, so that it comes to the same decisions, and runs what is left.
 */
#ifndef MADVISOR_TUNE_SESSION_H
#define MADVISOR_TUNE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/result.h"
#include "run/experiment.h"
#include "run/trial.h"
#include "tune/search.h"

/* Time that an earlier process spent counts: a clock that is ahead by it. */
struct session_clock {
	struct clock clock; /* of session_clock_init(); its context is this struct */
	uint64_t ahead_ns;
};

void session_clock_init(struct session_clock *clock) __attribute__((nonnull));

struct tuning_session {
	struct result
		*scratch; /* contenders[0]: the default; its command says which metric decides */
	struct search *search;
	struct tuning *tuning;        /* of the document: samples are added to it */
	const struct tuning *earlier; /* whose samples are told again; NULL: none */
	struct session_clock *clock;
	uint64_t budget_ns; /* of the search; 0: max_runs counts */
	uint64_t max_runs;
	uint64_t *timeout_ns; /* of a run: lowered once the default's time is known */
	/*
	 * The contender with these settings of an allocator of the space. 1; 0 where the allocator refuses them, with the reason in
	 * *ret_reason; negative errno.
	 */
	int (*resolve)(void *context, size_t owner, const struct setting *settings, size_t count,
		       struct contender *ret, char **ret_reason, struct error *err);
	/* Runs the scratch result's contender once and appends its row. */
	int (*trial)(void *context, size_t contender_index, unsigned int round,
		     enum trial_end *ret_end, struct error *err);
	void (*progress)(void *context, const struct progress *progress); /* or NULL */
	void (*keep)(void *context); /* the tuning has a new sample; or NULL */
	void *context;

	/* Zero: */
	size_t *contenders; /* of each candidate: its index in the scratch result; 0: not admitted */
	size_t contender_alloc;
	uint64_t started_ns;
	uint64_t spent_ns;   /* at the end of the last run */
	uint64_t longest_ns; /* of the default's runs */
	double runs;
	size_t told;    /* of the earlier samples */
	uint64_t block; /* that is run */
	bool interrupted;
};

/* The callbacks of a search in this session; sets the start of its time. */
struct search_host session_host(struct tuning_session *session) __attribute__((nonnull));
/* Adds what the search found to the tuning; the finalists are left empty. */
void session_account(const struct tuning_session *session) __attribute__((nonnull));
/* The candidate's contender in the scratch result; NULL where it was never admitted. Borrowed. */
struct contender *session_contender(const struct tuning_session *session, size_t id)
	__attribute__((nonnull));
void session_release(struct tuning_session *session) __attribute__((nonnull));

#endif
