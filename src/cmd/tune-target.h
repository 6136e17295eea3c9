/* SPDX-License-Identifier: MIT */
/*
 * cmd/tune-target: what `madvisor tune` runs: a case of the workload or the user's own command, and the
 * contenders that settings make of its allocator. A part of cmd/tune.
 */
#ifndef MADVISOR_CMD_TUNE_TARGET_H
#define MADVISOR_CMD_TUNE_TARGET_H

#include "alloc/library.h"
#include "alloc/spec.h"
#include "cmd/tune-options.h"
#include "cmd/tune-resume.h"
#include "identify/identify.h"
#include "run/compare.h"
#include "run/output-check.h"
#include "run/workload.h"
#include "tune/session.h"

/* Zero-initialise, open, release. */
struct target {
	struct tune_options *options;
	struct resume *resume; /* what an earlier process left; NULL: nothing; borrowed */
	struct session_clock clock;
	struct workload_catalogue catalogue; /* of a case */
	struct library_set libraries;
	struct library_search where;
	struct identification program;    /* of a command */
	struct contender_list specs;      /* of each allocator of the space, the default's first */
	struct result scratch;            /* of the search: see tune/session */
	struct compare compare;           /* of a command, on the scratch result */
	struct trial_setup setup;         /* of the search's runs */
	struct output_check output_check; /* of the command's outputs */
	struct run_output first;          /* of the command, under the default */
	unsigned int outputs;             /* of the default that were seen: two make the guard */
};

/*
 * Adds the case and the default to options->compare.measure.result and to the scratch result, once
 * measure_prepare() is through. ERROR_USAGE where the allocator has no settings or cannot serve the program.
 */
int target_open(struct target *target, struct tune_options *options, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
void target_release(struct target *target) __attribute__((nonnull));

/*
 * Adds to the space the default's allocator with its settings, and those of --contenders: each a spec of the target. One of
 * "all" that does not work is left out, with a warning. ERROR_USAGE: there is nothing to search, or one that was named
 * cannot serve the program.
 */
int target_build_space(struct target *target, struct space *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Observes the default once, where that can be done, and adds to the tuning what explain's findings propose, or what an earlier
 * process was told; the space gets the values. Returns the texts for search.proposals, borrowed from the tuning; free the
 * array. Notes in the result where there was no look.
 */
char **target_find_proposals(struct target *target, struct tuning *tuning, struct space *space)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* The contender of a spec: of a library, or the program's own. */
int target_resolve_spec(struct target *target, const struct contender_spec *spec,
			struct contender *ret, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

/* For struct session, with the target as the context. */
int target_resolve(void *context, size_t owner, const struct setting *settings, size_t count,
		   struct contender *ret, char **ret_reason, struct error *err)
	__attribute__((nonnull(1, 5, 6), warn_unused_result));
int target_trial(void *context, size_t contender_index, unsigned int round, enum trial_end *ret_end,
		 struct error *err) __attribute__((nonnull(1, 4), warn_unused_result));

/* Resolves the contender of --compare-with. */
int target_resolve_text(struct target *target, const char *text, struct contender *ret,
			struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Runs the rounds of a result that has cases and contenders: the confirmation. */
int target_confirm(struct target *target, const struct stopping_rule *rule, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Rounds of a result that has cases and contenders; as in run/experiment. Borrowed. */
struct rounds {
	struct result *result;
	const struct compare_case *cases; /* of commands, as many as the result has */
	struct stopping_rule rule;
	void (*progress)(void *context, const struct progress *progress);
	void (*keep)(void *context);
	bool (*recall)(void *context, size_t case_index, size_t contender_index, unsigned int round,
		       enum trial_end *ret_end);
	void *context;
};

int target_run_rounds(struct target *target, const struct rounds *rounds, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Adds a case of the workload by its name, if the result has not got it. */
int target_add_case(const struct target *target, struct result *result, const char *text,
		    struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* With the target as the context: keeps the new rows of the document in its journal. */
void target_keep(void *context) __attribute__((nonnull));

/* Adds the row of the document that an earlier process left of this trial; false: none. */
bool target_recall(struct target *target, const struct trial *trial, enum trial_end *ret_end)
	__attribute__((nonnull));

/* Runs each guard once under the default. ERROR_TARGET: one fails by itself; ERROR_USAGE: no such case. */
int target_try_guards(struct target *target, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
/* How many guards there are. */
size_t target_guard_count(const struct target *target) __attribute__((nonnull));
/*
 * Runs the default and one finalist on every guard that is not settled yet, or only on those that are open
 * (tuning_guard_open()), and adds cases and rows to the result.
 */
int target_run_guards(struct target *target, size_t finalist_index, bool open_only,
		      const struct stopping_rule *rule, struct error *err)
	__attribute__((nonnull(1, 4), warn_unused_result));

/*
 * Of a case: whether a contender's peak memory grows with the length of the run, and the default's
 * does not. False where it cannot be told.
 */
int target_grows(struct target *target, const struct contender *contender, bool *ret,
		 struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

#endif
