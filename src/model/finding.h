/* SPDX-License-Identifier: MIT */
/*
 * model/finding: what explain found, what to set against it, and what became of the prediction. Part of the result
 * document.
 *
 * Whether a prediction held is decided here alone (finding_judge()), once, when the rounds have been measured; the
 * answer is a field, which everything that shows or ranks findings reads.
 */
#ifndef MADVISOR_MODEL_FINDING_H
#define MADVISOR_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "model/metrics.h"

/* What the rounds with a finding's settings made of what it predicted. */
enum finding_judgement {
	JUDGEMENT_NOT_VERIFIED, /* it did not run with these settings */
	JUDGEMENT_AS_PREDICTED, /* a real gain, as large as predicted, or larger */
	JUDGEMENT_SMALLER,      /* a real gain, smaller than predicted */
	JUDGEMENT_REFUTED,      /* no gain, or surely less than half of what was predicted */
	JUDGEMENT_UNSETTLED,    /* the interval is too wide to say, or there is none */
};

/*
 * One thing to set. A rule knows the knob: key and value. Once it is known which variable the program's
 * allocator reads, variable=value sets this knob alone; finding.env sets all of them together.
 */
struct finding_setting {
	char *key;      /* of the allocator: "tcache_max"; NULL for what is no allocator's */
	char *variable; /* "MALLOC_CONF"; NULL while it is not known */
	char *value;    /* "tcache_max:4096"; "4096" without a variable */
	char *why;
	char *risk;
};

struct finding {
	char *id; /* "dontneed-refaults" */
	size_t case_index;
	size_t contender_index;
	double confidence; /* 0 to 1 */
	struct metrics evidence;
	char *text;
	struct finding_setting *settings;
	size_t setting_count;
	char **env; /* "NAME=value" for all settings and what the user has set; NULL-terminated or NULL */
	enum metric_id gain_metric; /* which the gains are of: CPU time, memory, … */
	char *prediction;           /* how the predicted gain was computed; NULL without one */
	double predicted_gain_pct;
	double measured_gain_pct; /* with its interval NAN until verified */
	double measured_gain_pct_low;
	double measured_gain_pct_high;
	enum finding_judgement judgement;
};

/* The ids of findings that say why a contender is faster or slower than the baseline. */
#define FINDING_KERNEL_DIFFERENCE "kernel-difference" /* most of the CPU time that one takes more */
#define FINDING_USER_DIFFERENCE "user-difference"
#define FINDING_WAIT_DIFFERENCE "wait-difference" /* CPU time differs less than wall time */

/* A gain below this is not worth a change, in percent, unless the user says otherwise. */
#define FINDING_MARGIN_PCT 2.0

/*
 * Sets the judgement from the predicted and the measured gain:
 *
 *   a real gain   its whole interval is above 0, and it is larger than the noise
 *   as predicted  a real gain, and the prediction is not above the interval by more than the margin; without a prediction:
 *                 one that may reach the margin
 *   smaller       any other real gain that may reach the margin
 *   refuted       otherwise, where the whole interval is at or below 0, or below half of the prediction (without a
 *                 prediction: below the margin)
 *   unsettled     all else, and where there is no interval
 *
 * `noise_pct` is the noise floor of the gain's metric (stats/noise), the distance of a ratio from 1; `margin_pct` the
 * difference that does not matter. NAN for either: not known, which counts as 0.
 */
void finding_judge(struct finding *finding, double margin_pct, double noise_pct)
	__attribute__((nonnull));

/* Whether rounds showed a real gain: as predicted, or smaller. */
bool finding_gained(const struct finding *finding) __attribute__((nonnull, pure));

/*
 * The gain that is known best: the measured one, else the predicted one, is below the margin, so that it is not worth a
 * change. False where no gain is known.
 */
bool finding_is_negligible(const struct finding *finding, double margin_pct)
	__attribute__((nonnull, pure));

/* Whether it says why a contender is faster or slower, not what to set. */
bool finding_is_difference(const struct finding *finding) __attribute__((nonnull, pure));

/* "as-predicted", … and back; -1 for an unknown name. Static strings. */
const char *finding_judgement_name(enum finding_judgement judgement)
	__attribute__((returns_nonnull, const));
int finding_judgement_by_name(const char *name) __attribute__((nonnull, pure));

/* Everything unknown, not verified; the gains are of CPU time. */
void finding_init(struct finding *finding) __attribute__((nonnull));
/* Takes away the settings behind the first `kept`; with all of them goes the environment. */
void finding_drop_settings(struct finding *finding, size_t kept) __attribute__((nonnull));
/* Frees what it owns and clears it. */
void finding_release(struct finding *finding) __attribute__((nonnull));

#endif
