/* SPDX-License-Identifier: MIT */
/*
 * tune/search: looks for the settings under which a program is fastest, at what memory.
 *
 * Every measurement is a block: the default and some candidates, each run once, in random order. A
 * candidate's score in a block is the logarithm of its ratio to the default of the same block, so the
 * machine's drift cancels. The order: the default against itself (the noise); where there are several allocators, a
 * look at each, after which those that are surely worse are left out; seeds, which are halved
 * in races; moves from the best and crossings of them; ablation: each changed setting of the winner
 * back to its default, and kept only if that costs more than the margin (docs/METHOD.md).
 *
 * The caller runs the blocks. The same seed and the same scores give the same search. Pure but for
 * the callbacks.
 */
#ifndef MADVISOR_TUNE_SEARCH_H
#define MADVISOR_TUNE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/random.h"
#include "model/tuning.h"
#include "tune/space.h"

/* In a block: the default once more, to see the noise. */
#define SEARCH_TWIN SIZE_MAX

/* One run within a block, against the block's default. */
struct block_score {
	double log_time;   /* log of the ratio of the metric that decides, less is better */
	double log_memory; /* of peak memory; NAN if unknown */
	char *failure;     /* why the run failed; NULL if it did not; owned by whoever reads it */
};

struct search_host {
	/*
	 * Prepares candidate `id` to be run. 1: it can be; 0: the allocator refuses its settings, with the
	 * reason in *ret_reason (caller frees); negative errno: the search ends.
	 */
	int (*admit)(void *context, size_t id, const size_t *choices, char **ret_reason,
		     struct error *err);
	/* Runs the default and these once each, in random order. Negative errno ends the search. */
	int (*block)(void *context, enum tuning_stage stage, const size_t *ids, size_t count,
		     struct block_score *scores, struct error *err);
	/* How many more runs the search may take, judged by what they took so far; 0: no more. No block is begun that takes more. */
	double (*runs_left)(void *context);
	void *context;
};

struct attempt {
	size_t *choices; /* for each knob of the space */
	enum tuning_stage stage;
	const char *origin; /* how it came up; static */
	double *log_time, *log_memory;
	size_t blocks, alloc;
	char *rejected; /* why it is out for good; NULL while it is not */
	bool expected; /* by what was seen of the program: one unlucky block does not put it out of a race */
	bool dropped; /* lost a race */
};

/* How candidates come up. */
enum search_kind {
	SEARCH_FULL,       /* seeds, moves, ablation */
	SEARCH_RANDOM,     /* tune/rivals */
	SEARCH_ONE_BY_ONE, /* tune/rivals */
};

struct search {
	const struct space *space;
	enum search_kind kind;
	struct search_host host;
	enum tuning_preference preference;
	double margin_pct; /* an improvement below it is none */
	bool guarded; /* the winner may fail a guard: there are to be finalists without what harms it */
	uint64_t seed;
	const char *const *
		proposals; /* combinations to try first, as space_parse() takes them; NULL-terminated; or NULL */

	/* Found by search_run(). */
	double reserved; /* of the runs that are left: for what comes after the present stage */
	bool *closed; /* for each allocator: surely worse than another; no more of it is proposed; NULL: none */
	struct attempt *items; /* in the order in which they came up */
	size_t count, alloc;
	double noise;  /* standard deviation of the default's log ratio to itself in one block */
	size_t winner; /* after the ablation; SIZE_MAX: none is better than the default */
	size_t finalists[TUNING_FINALISTS + TUNING_SPARES]; /* the winner first */
	size_t finalist_count;
	struct tuning_knob *knobs; /* of the winner */
	size_t knob_count, knob_alloc;
	size_t blocks; /* that were run */
	struct random random;
};

/* Fill in the first part, zero the rest. */
int search_run(struct search *search, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
void search_release(struct search *search) __attribute__((nonnull));

#endif
