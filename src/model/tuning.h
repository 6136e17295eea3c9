/* SPDX-License-Identifier: MIT */
/*
 * model/tuning: what `madvisor tune` tried, and what it recommends: a part of the result document.
 *
 * The document's contenders are the default (ROLE_BASELINE), its twin, and the finalists: the
 * candidates that were run again, on fresh rounds, after the search. Their runs and summaries are
 * those of the confirmation; the first case is what was tuned, the others are the guards. The trials of the
 * search stand here alone.
 */
#ifndef MADVISOR_MODEL_TUNING_H
#define MADVISOR_MODEL_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct setting;
struct result;
struct summary;

/* More peak memory that is no guard's concern: a huge page more or less, where a program has a few MiB. */
#define TUNING_MEMORY_SMALL_BYTES (UINT64_C(2) << 20)

/* Candidates of the search that are confirmed; and with guards so many more, that lack what harms one. */
#define TUNING_FINALISTS 3
#define TUNING_SPARES 3

enum tuning_stage {
	TUNING_NOISE, /* the default against itself */
	TUNING_SEEDS,
	TUNING_MOVES,
	TUNING_ABLATION,
};

enum tuning_preference {
	PREFER_BALANCED, /* twice the memory must bring 16% of the time */
	PREFER_SPEED,
	PREFER_MEMORY,
};

/* One candidate of the search. */
struct tuning_trial {
	char *settings; /* "trim_threshold=64M, mmap_threshold=1G" */
	enum tuning_stage stage;
	char *origin;
	uint64_t blocks;
	double time, time_low,
		time_high; /* ratio to the default; NAN: not run, or too few blocks */
	double memory;     /* ratio of peak memory; NAN: unknown */
	char *rejected;    /* why it was left out for good; NULL if it was not */
};

/* Settings that the findings of one observed run propose, which the search tries first. */
struct tuning_proposal {
	char *finding;  /* its id: "brk-trim" */
	char *settings; /* as tuning_trial.settings has them */
};

/* One run of the search, in the order in which they were run: what a search that goes on is told again. */
struct tuning_sample {
	char *settings; /* as tuning_trial.settings has them; "the default" */
	uint64_t block; /* counted from 1: the samples of a block are compared with its default */
	double value;   /* of the metric that decides; NAN: it failed */
	double memory;  /* peak, bytes; NAN: unknown */
	double wall_ns;
	double spent_ns; /* of the search's time, at its end */
	char *failure;   /* why it failed; NULL if it did not */
};

/* One setting of the winner of the search, and the ratio of time without it to time with it. */
struct tuning_knob {
	char *key, *value;
	double cost, cost_low, cost_high; /* NAN: not measured */
	bool kept;
	char *why, *risk; /* from the catalogue; optional */
};

/* How a finalist ended. */
enum tuning_end {
	FINALIST_UNCONFIRMED, /* no gain beyond the margin and the noise on fresh rounds */
	FINALIST_MEMORY,      /* a gain, but more memory than the preference allows */
	FINALIST_GROWS, /* its memory grows with the length of the run, and the default's does not */
	FINALIST_GUARD, /* a gain, but a guard gets worse */
	FINALIST_UNSETTLED, /* a gain, but a guard may get worse: its ratio is beyond the margin, its interval is not */
	FINALIST_CONFIRMED, /* a gain, no guard is worse; another one is better */
	FINALIST_RECOMMENDED,
};

struct tuning_finalist {
	size_t contender_index;
	double search_ratio; /* of time, as the search saw it: the confirmed one is a summary; NAN: not searched */
	bool advised; /* by --compare-with: the search did not find it */
	enum tuning_end end;
	size_t case_index; /* of the guard that it failed, or may fail; SIZE_MAX: none */
};

struct tuning {
	enum tuning_preference preference;
	double guard_margin_pct;
	double noise_pct; /* the default against itself in one block: standard deviation */
	uint64_t blocks;
	double search_ns;
	struct tuning_trial *trials;
	size_t trial_count, trial_alloc;
	struct tuning_proposal *proposals;
	size_t proposal_count, proposal_alloc;
	struct tuning_sample *samples;
	size_t sample_count, sample_alloc;
	struct tuning_knob *knobs;
	size_t knob_count, knob_alloc;
	struct tuning_finalist *finalists;
	size_t finalist_count, finalist_alloc;
};

void tuning_free(struct tuning *tuning); /* NULL is fine */
void tuning_knob_release(struct tuning_knob *knob) __attribute__((nonnull));

/*
 * Decides each finalist's end from the summaries; those that are FINALIST_GROWS stay so. At most one is
 * recommended: among those that are confirmed and fail no guard, the best by the preference; where others are as good, within
 * the margin and the noise, the one of fewest settings. Call after result_summarise().
 */
void tuning_decide(struct result *result) __attribute__((nonnull));

/* Whether a summary is of peak memory, and above the default's by less than TUNING_MEMORY_SMALL_BYTES. */
bool tuning_is_small_memory(const struct result *result, const struct summary *summary)
	__attribute__((nonnull));

/*
 * The best confirmed finalist whose guards have not all been run, as an index; SIZE_MAX: none. After
 * tuning_decide().
 */
size_t tuning_next_to_guard(const struct result *result) __attribute__((nonnull));

/* Whether a guard's interval of a finalist, of time and of peak memory, lies below the guard margin. */
bool tuning_guard_holds(const struct result *result, const struct tuning_finalist *finalist,
			size_t case_index) __attribute__((nonnull));
/* The same of one of the two. A summary that is not there (NULL) holds. */
bool tuning_summary_holds(const struct result *result, const struct summary *summary)
	__attribute__((nonnull(1)));
/* Whether a guard holds, or is surely worse: more rounds would not change it. */
bool tuning_guard_settled(const struct result *result, const struct tuning_finalist *finalist,
			  size_t case_index) __attribute__((nonnull));

/*
 * Whether a guard looks worse than the margin, and its interval does not lie beyond that: more rounds may change it, where
 * the first few of many guards make one look worse by chance.
 */
bool tuning_guard_open(const struct result *result, const struct tuning_finalist *finalist,
		       size_t case_index) __attribute__((nonnull));

/* Takes back a recommendation that no guard has been held against yet. */
void tuning_await_guards(struct tuning *tuning) __attribute__((nonnull));

/*
 * The trials of a search that never came to its end, from its samples; nothing where there are trials. Stage and origin
 * are not known: "seeds", "unknown".
 */
void tuning_retell(struct result *result) __attribute__((nonnull));

/* The finalist that is recommended; NULL: none. Borrowed. */
const struct tuning_finalist *tuning_recommended(const struct tuning *tuning)
	__attribute__((nonnull, pure));

/* The score by which candidates are ranked, from logs of ratios: less is better. */
double tuning_score(enum tuning_preference preference, double log_time, double log_memory)
	__attribute__((const));

/* Words of the document, and back; -1 for an unknown one. */
const char *tuning_stage_name(enum tuning_stage stage) __attribute__((returns_nonnull, const));
int tuning_stage_by_name(const char *name) __attribute__((nonnull, pure));
const char *tuning_preference_name(enum tuning_preference preference)
	__attribute__((returns_nonnull, const));
int tuning_preference_by_name(const char *name) __attribute__((nonnull, pure));
const char *tuning_end_name(enum tuning_end end) __attribute__((returns_nonnull, const));
int tuning_end_by_name(const char *name) __attribute__((nonnull, pure));

#endif
