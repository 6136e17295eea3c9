/* SPDX-License-Identifier: MIT */
/*
 * report/produce: the parts of the one producer. produce.c sets the order; each part is a file.
 *
 *   facts.c    the machine, the experiment, its noise
 *   tax.c      where the kernel time of a program that is explained goes
 *   stacks.c   where in the program it comes from
 *   details.c  the table of figures, a block for each case or contender; columns.c: what stands in it
 *   verdicts.c the case-by-contender matrix and "wins or ties N of M"
 *   why.c      why a contender is faster or slower than the baseline
 *   findings.c what explain found, and what verification said
 *   notes.c    how to read it, and what went wrong
 */
#ifndef MADVISOR_REPORT_PRODUCE_H
#define MADVISOR_REPORT_PRODUCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "model/result.h"
#include "report/emitter.h"
#include "report/lookup.h"
#include "report/loss.h"

struct production {
	const struct result *result;
	const struct emitter *emitter;
	void *self; /* of the emitter */
	struct lookup lookup;
	struct loss loss;
	size_t baseline; /* SIZE_MAX where there is none, here and below */
	size_t limit;
	const char *baseline_name;
	enum metric_id
		metric; /* that is looked at: the one that contenders are judged by, or a further one */
	const char *metric_label; /* "time" where it is wall time */
	bool higher_is_better;    /* of that metric */
	size_t *contenders;       /* of role contender that took part, in the order of the result */
	size_t contender_count;
};

void produce_title(const struct production *production);
void produce_facts(const struct production *production);
void produce_tax(const struct production *production);
void produce_stacks(const struct production *production);
void produce_details(const struct production *production);
void produce_verdicts(const struct production *production);
/* A line a case; with one case, under each contender's sentence. */
void produce_why(const struct production *production);
void say_why_of(const struct production *production, size_t contender_index);
void produce_findings(const struct production *production);
void produce_warnings(const struct production *production);
void produce_notes(const struct production *production);

/* Looks at another metric. */
void produce_choose_metric(struct production *production, enum metric_id metric)
	__attribute__((nonnull));

/* The summary of the metric that contenders are judged by, in a case; or NULL. */
const struct summary *judged_of(const struct production *production, size_t case_index,
				size_t contender_index);

/* "2.04x faster than glibc": in words a factor is never below 1. */
void add_verdict(struct strbuf *sb, const struct production *production,
		 const struct summary *summary);

/* Whether it is about one program by itself, not about who is better. */
bool produce_is_explanation(const struct production *production);

/* Says a formatted note. */
void say(const struct production *production, enum note_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The footnote of a table with figures that LOSS_MARK stands behind; nothing without losses. */
void say_losses(const struct production *production, double events) __attribute__((nonnull));

/* "1 case", "13 cases". */
void add_counted(struct strbuf *sb, size_t count, const char *noun);

#endif
