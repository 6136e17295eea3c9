/* SPDX-License-Identifier: MIT */
/*
 * model/headline: what a result comes to, decided once for all formats: who is faster in how many cases, at what price in
 * memory, what to set, and how far the figures can be trusted. report/headline.c puts it into words.
 *
 * Pure: a function of the document alone. Borrows the result, which must outlive it unchanged.
 */
#ifndef MADVISOR_MODEL_HEADLINE_H
#define MADVISOR_MODEL_HEADLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/result.h"

/* One metric of one contender against the baseline, over all cases. */
struct headline_count {
	/*
	 * How many cases have which verdict, by enum verdict. Of memory, FASTER means less and SLOWER
	 * more. Failed and withheld cases have none.
	 */
	size_t verdicts[4];
	size_t cases;      /* that have a ratio */
	double mean;       /* geometric mean of the ratios; NAN without one */
	double worst;      /* the ratio of the worst case, whatever its verdict; NAN without one */
	size_t worst_case; /* SIZE_MAX without one */
};

struct headline_row {
	size_t contender_index;
	struct headline_count judged; /* by the metric that contenders are judged by */
	struct headline_count memory; /* by headline.memory */
};

/* A case where some contender is faster or slower than the baseline. */
struct headline_case {
	size_t case_index;
	/* Indices of contenders; SIZE_MAX where none is faster, or none slower. */
	size_t fastest, slowest;
	double distance; /* the larger of their distances from 1, as a logarithm */
};

/* What to do about the settings of a program that was explained or tuned. */
enum headline_advice {
	ADVICE_ABSENT,      /* the command does not propose settings */
	ADVICE_SET,         /* measured to gain */
	ADVICE_TRY,         /* predicted to gain, and not verified by a run */
	ADVICE_NEGLIGIBLE,  /* what could be set gains less than the margin */
	ADVICE_REFUTED,     /* of what was tried, nothing is shown to gain */
	ADVICE_NONE_KNOWN,  /* no setting is known against what was found */
	ADVICE_UNSEEN,      /* the probe did not see whose doing it is */
	ADVICE_KEEP,        /* tune: nothing better than the default was found */
	ADVICE_UNSETTLED,   /* tune: what was found was not settled on fresh rounds */
	ADVICE_INTERRUPTED, /* tune: interrupted before anything was confirmed */
};

struct headline {
	const struct result *result;
	enum metric_id metric; /* that contenders are judged by */
	enum metric_id memory; /* peak memory: of all processes where the program has children */
	size_t baseline;       /* SIZE_MAX: none, and no ratios */

	/*
	 * The contenders that took part; most cases faster less cases slower first, then the best mean. For a tuning these are
	 * its finalists.
	 */
	struct headline_row *rows;
	size_t row_count;
	/* The cases that differ, the largest difference first; how many verdicts are unclear. */
	struct headline_case *cases;
	size_t case_count;
	size_t unclear;

	enum headline_advice advice;
	/*
	 * explain: of the CPU time, what the kernel spends, what of that on memory, and what of that for
	 * the allocator, in percent; NAN if unknown. The last two were measured in the observed run.
	 */
	double kernel_pct, memory_pct, allocator_pct;
	bool idle; /* explain: it used no CPU time while it was watched */
	/* explain: the finding that costs most, remedy or not; NULL: none. */
	const struct finding *cause;
	/* explain: the finding whose settings ADVICE_SET or ADVICE_TRY mean; else NULL. */
	const struct finding *remedy;
	/* explain: the contender that ran with the remedy; SIZE_MAX: none did. */
	size_t remedy_contender;
	/* tune: the finalist that is recommended; else NULL. */
	const struct tuning_finalist *finalist;

	/* The baseline against itself, in percent; NAN without enough rounds of the twin. */
	double noise_pct;
	bool noisy; /* that is more than the margin */
};

/* Release with headline_release(). */
void headline_init(struct headline *headline, const struct result *result) __attribute__((nonnull));
void headline_release(struct headline *headline) __attribute__((nonnull));

/* Whether a result explains one program by itself: it does not ask who is better. */
bool result_is_explanation(const struct result *result) __attribute__((nonnull, pure));

/* Whether the noise floor comes from enough rounds of the baseline against itself. */
bool result_noise_is_known(const struct result *result) __attribute__((nonnull, pure));

#endif
