/* SPDX-License-Identifier: MIT */
/*
 * report/produce: the parts of the one producer. produce.c sets the order; each part is a file, and
 * takes what it shares with others from production.c.
 *
 *   facts.c    the machine, the experiment, its noise
 *   tax.c      where the kernel time of a program that is explained goes
 *   stacks.c   where in the program it comes from
 *   retained.c what its memory holds
 *   details.c  the table of figures, a block for each case or contender; columns.c: what stands in it
 *   verdicts.c the case-by-contender matrix and "wins or ties N of M"
 *   charts.c   the charts of the page; chart/: what draws them
 *   why.c      why a contender is faster or slower than the baseline
 *   tuning.c   what tune searched, confirmed and guarded
 *   findings.c what explain found, and what verification said
 *   notes.c    how to read it, and what went wrong
 *   against.c  how an earlier result compares
 *   gates.c    what became of the conditions of --fail-if
 */
#ifndef MADVISOR_REPORT_PRODUCE_H
#define MADVISOR_REPORT_PRODUCE_H

#include "report/production.h"

void produce_title(const struct production *production);
void produce_facts(const struct production *production);
void produce_tax(const struct production *production);
void produce_stacks(const struct production *production);
void produce_retained(const struct production *production);
void produce_details(const struct production *production);
/* For a writer that has them. */
void produce_charts(const struct production *production);
void produce_verdicts(const struct production *production);
/* A line a case; with one case, under each contender's sentence. */
void produce_why(const struct production *production);
void say_why_of(const struct production *production, size_t contender_index);
void produce_findings(const struct production *production);
void produce_tuning(const struct production *production);
void produce_warnings(const struct production *production);
void produce_notes(const struct production *production);
void produce_gates(const struct production *production);
void produce_against(const struct production *production);

#endif
