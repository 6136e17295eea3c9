/* SPDX-License-Identifier: MIT */
/*
 * model/finding: a finding of explain, its proposed settings, and the verification of its predicted
 * gain. Part of the result document.
 *
 * finding_judge() alone decides whether a prediction held, once, after the rounds; the result is a
 * field for all code that shows or ranks findings.
 */
#ifndef MADVISOR_MODEL_FINDING_H
#define MADVISOR_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "model/metrics.h"

/* The outcome of the prediction in rounds with the finding's settings. */
enum finding_judgement {
	JUDGEMENT_NOT_VERIFIED, /* it did not run with these settings */
	JUDGEMENT_AS_PREDICTED, /* a real gain, as large as predicted, or larger */
	JUDGEMENT_SMALLER,      /* a real gain, smaller than predicted */
	JUDGEMENT_REFUTED,      /* no gain, or significantly less than half of the prediction */
	JUDGEMENT_UNSETTLED,    /* the interval is too wide, or missing */
};

/*
 * One setting. A rule knows key and value. Once the variable that the program's allocator reads is
 * known, variable=value sets this one alone; finding.env sets all together.
 */
struct finding_setting {
	char *key;      /* of the allocator: "tcache_max"; NULL for other settings */
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
	char **env; /* "NAME=value" for all settings and the user's own; NULL-terminated or NULL */
	enum metric_id gain_metric; /* metric of the gains: CPU time, memory, … */
	char *prediction;           /* how the predicted gain was computed; NULL without one */
	double predicted_gain_pct;
	double measured_gain_pct; /* like its interval, NAN until verified */
	double measured_gain_pct_low;
	double measured_gain_pct_high;
	enum finding_judgement judgement;
};

/* Ids of findings that explain why a contender is faster or slower than the baseline. */
#define FINDING_KERNEL_DIFFERENCE "kernel-difference" /* most of the extra CPU time */
#define FINDING_USER_DIFFERENCE "user-difference"
#define FINDING_WAIT_DIFFERENCE "wait-difference" /* CPU time differs less than wall time */

/* The id of a finding that offers another allocator, and tells nothing that was seen. */
#define FINDING_ANOTHER_ALLOCATOR "another-allocator"

/* A gain below this is not worth a change, in percent, unless the user says otherwise. */
#define FINDING_MARGIN_PCT 2.0

/*
 * Sets the judgement from the predicted and the measured gain:
 *
 *   a real gain   its whole interval is above 0, and it is larger than the noise
 *   as predicted  a real gain, and the prediction exceeds the interval by at most the margin; without
 *                 a prediction: one whose interval reaches the margin
 *   smaller       any other real gain whose interval reaches the margin
 *   refuted       otherwise, if the whole interval is at or below 0, or below half of the prediction
 *                 (without a prediction: below the margin)
 *   unsettled     all other cases, and without an interval
 *
 * `noise_pct` is the noise floor of the gain's metric (stats/noise), the distance of a ratio from
 * 1; `margin_pct` the largest negligible difference. NAN for either: not known, which counts as 0.
 */
void finding_judge(struct finding *finding, double margin_pct, double noise_pct)
	__attribute__((nonnull));

/* Whether rounds showed a real gain: as predicted, or smaller. */
bool finding_gained(const struct finding *finding) __attribute__((nonnull, pure));

/*
 * Whether the gain (the measured one, else the predicted one) is below the margin, so not worth a
 * change. False if no gain is known.
 */
bool finding_is_negligible(const struct finding *finding, double margin_pct)
	__attribute__((nonnull, pure));

/* Whether it is the account of the program's kernel time, which stands before the other findings. */
bool finding_is_account(const struct finding *finding) __attribute__((nonnull, pure));

/* Whether it explains why a contender is faster or slower, rather than proposing settings. */
bool finding_is_difference(const struct finding *finding) __attribute__((nonnull, pure));

/* "as-predicted", … and back; -1 for an unknown name. Static strings. */
const char *finding_judgement_name(enum finding_judgement judgement)
	__attribute__((returns_nonnull, const));
int finding_judgement_by_name(const char *name) __attribute__((nonnull, pure));

/* Everything unknown, not verified; the gains are of CPU time. */
void finding_init(struct finding *finding) __attribute__((nonnull));
/* Removes the settings after the first `kept`; if it removes all, also the environment. */
void finding_drop_settings(struct finding *finding, size_t kept) __attribute__((nonnull));
/* Frees what it owns and clears it. */
void finding_release(struct finding *finding) __attribute__((nonnull));

#endif
