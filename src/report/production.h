/* SPDX-License-Identifier: MIT */
/*
 * report/production: what all parts of a report share: the result that is shown, the writer that it is
 * said to, and the words that stand in more than one part. Below the parts, which produce.h lists.
 */
#ifndef MADVISOR_REPORT_PRODUCTION_H
#define MADVISOR_REPORT_PRODUCTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "model/headline.h"
#include "model/result.h"
#include "report/emitter.h"
#include "model/lookup.h"
#include "report/loss.h"

struct production {
	const struct result *result;
	const struct emitter *emitter;
	void *self; /* of the emitter */
	struct lookup lookup;
	struct loss loss;
	struct headline headline; /* what the result comes to */
	size_t baseline;          /* SIZE_MAX if missing, here and below */
	size_t limit;
	const char *baseline_name;
	enum metric_id
		metric; /* that is looked at: the one that contenders are judged by, or a further one */
	const char *metric_label; /* "time" where it is wall time */
	bool higher_is_better;    /* of that metric */
	/* Peak memory: of all processes where the program has children, else of the process. */
	enum metric_id memory;
	size_t *contenders; /* of role contender that took part, in the order of the result */
	size_t contender_count;
};

/* Borrows the result and the writer; production_release() frees what was made of them. */
void production_init(struct production *production, const struct result *result,
		     const struct emitter *emitter, void *self) __attribute__((nonnull(1, 2, 3)));
void production_release(struct production *production) __attribute__((nonnull));

/* Looks at another metric. */
void production_choose_metric(struct production *production, enum metric_id metric)
	__attribute__((nonnull));

/* Whether it is about one program by itself, not about who is better. */
bool production_is_explanation(const struct production *production) __attribute__((nonnull));

/* Whether the noise floor comes from enough rounds of the baseline against itself. */
bool production_noise_is_known(const struct production *production) __attribute__((nonnull));

/* A ratio of memory with its verdict in a word: "less", "more", "same", "unclear". NULL: not measured. */
struct cell cell_of_memory(const struct summary *memory);

/* The summary of the metric that contenders are judged by, in a case; or NULL. */
const struct summary *judged_of(const struct production *production, size_t case_index,
				size_t contender_index);
/* Of a finalist against the default; NULL without one. */
const struct summary *tuned_time_of(const struct production *production, size_t case_index,
				    const struct tuning_finalist *finalist);
const struct summary *tuned_memory_of(const struct production *production, size_t case_index,
				      const struct tuning_finalist *finalist);
/* Of the candidates that were confirmed to be faster, the one that is nearest to a recommendation; NULL: none. */
const struct tuning_finalist *tuned_nearest(const struct production *production);

/* "2.04x faster than glibc": in words a factor is never below 1. */
void add_verdict(struct strbuf *sb, const struct production *production,
		 const struct summary *summary);

/* "68% less CPU time" */
void add_gain(struct strbuf *sb, const struct finding *finding, double gain_pct);
/* " (44% to 66%)", of what it is less; where it may be more, " (20% more to 11% less)". Nothing without an interval. */
void add_gain_interval(struct strbuf *sb, const struct finding *finding);

/* "1 case", "13 cases". */
void add_counted(struct strbuf *sb, size_t count, const char *noun);

/* Says a formatted note. */
void say(const struct production *production, enum note_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The footnote of a table with figures that LOSS_MARK stands behind; nothing without losses. */
void say_losses(const struct production *production, double events) __attribute__((nonnull));

#endif
