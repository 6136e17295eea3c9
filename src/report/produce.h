/* SPDX-License-Identifier: MIT */
/*
 * report/produce: the parts of the one producer. produce.c sets the order; each part is a file, and
 * takes what it shares with others from production.c.
 *
 *   headline.c what the result comes to: the first lines of every format
 *   advice.c   of one program: its share of time, and what to set
 *   brief.c    what a screen has room for below that
 *   facts.c    the machine, the experiment, its noise
 *   tax.c      where the kernel time of a program that is explained goes
 *   stacks.c   where in the program it comes from
 *   retained.c what its memory holds
 *   details.c  the table of figures, a block for each case or contender; columns.c: what stands in it
 *   verdicts.c the case-by-contender matrix and "wins or ties N of M"
 *   charts.c   the charts of the page; chart/: what draws them
 *   why.c      why a contender is faster or slower than the baseline
 *   sweep.c    of a sweep: where contenders jump, and all values
 *   tuning.c   what tune searched and confirmed
 *   tuning-guards.c  what it guarded
 *   findings.c what explain found, and what verification said
 *   method.c   what was typed
 *   notes.c    how to read it, and what went wrong
 *   against.c  how an earlier result compares
 *   gates.c    what became of the conditions of --fail-if
 */
#ifndef MADVISOR_REPORT_PRODUCE_H
#define MADVISOR_REPORT_PRODUCE_H

#include "report/production.h"

void produce_title(const struct production *production);
/* The verdict in a few lines, with the line to copy. */
void produce_headline(const struct production *production);
/* The same at the end: a sentence, and the line to copy. */
void produce_headline_again(const struct production *production);
/*
 * Of one program, parts of that: the share of its time, why there is nothing to set (nothing where there is), the line that
 * sets the remedy, and the passages.
 */
void add_share(struct strbuf *sb, const struct production *production);
void add_nothing(struct strbuf *sb, const struct production *production);
void say_remedy_line(const struct production *production);
void say_explanation(const struct production *production);
void say_what_to_set(const struct production *production);
/* The rest of a brief report. */
void produce_brief(const struct production *production);
void produce_facts(const struct production *production);
void produce_tax(const struct production *production);
void produce_stacks(const struct production *production);
void produce_retained(const struct production *production);
void produce_details(const struct production *production);
/* For a writer that has charts: the command line, to be run again. */
void produce_method(const struct production *production);
/* For a writer that has them. */
void produce_charts(const struct production *production);
void produce_verdicts(const struct production *production);
/* A line a case; with one case, under each contender's sentence. */
void produce_why(const struct production *production);
void say_why_of(const struct production *production, size_t contender_index);
/* Where tune recommends nothing: tuned_nearest(), and what holds it back. */
void say_held_back(const struct production *production);
/* Of what tune recommends: the line that sets it, what was confirmed of it, and the same within a sentence. */
void say_tuned_line(const struct production *production);
void say_tuned_gain(const struct production *production);
void add_tuned_gain(struct strbuf *sb, const struct production *production,
		    const struct tuning_finalist *finalist, bool intervals);
void say_tuned_guards(const struct production *production);
size_t count_guards_held(const struct production *production,
			 const struct tuning_finalist *finalist);
/* What an interrupted tuning has come to, confirmed or not, and how it goes on. */
void add_best_so_far(struct strbuf *sb, const struct production *production);
/* Whole sentences from the beginning of a text: the first, and as many more as fit. */
void add_sentences(struct strbuf *sb, const char *text, size_t limit);
void produce_findings(const struct production *production);
/* Of a sweep: what it went over, its largest cliff, all cliffs, the table of a first screen, and that of all values. */
void add_sweep_subject(struct strbuf *sb, const struct production *production);
void add_sweep_verdict(struct strbuf *sb, const struct production *production);
void say_sweep(const struct production *production);
void produce_sweep_brief(const struct production *production);
void produce_sweep(const struct production *production);
void produce_tuning(const struct production *production);
/* The first `most` of them, and how many more there are. */
void produce_warnings(const struct production *production, size_t most);
void produce_notes(const struct production *production);
void produce_gates(const struct production *production);
void produce_against(const struct production *production);

#endif
