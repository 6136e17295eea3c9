/* SPDX-License-Identifier: MIT */
/* report/chart/words: texts that stand in more than one chart. */
#ifndef MADVISOR_REPORT_CHART_WORDS_H
#define MADVISOR_REPORT_CHART_WORDS_H

#include "base/strbuf.h"
#include "report/production.h"

/* A name as a part of a title: in one line, whatever it holds. */
void words_add_name(struct strbuf *sb, const char *name) __attribute__((nonnull));
/* "time / that under glibc". */
void words_add_ratio(struct strbuf *sb, const struct production *production, const char *metric)
	__attribute__((nonnull));
/* "0.62x (0.60 to 0.64)": the interval only where it is worth showing. */
void words_add_interval(struct strbuf *sb, const struct summary *summary) __attribute__((nonnull));
/* What is shown under the pointer: case, contender, ratio of the metric and of memory. */
void words_add_outcome(struct strbuf *sb, const struct production *production, size_t case_index,
		       size_t contender_index) __attribute__((nonnull));

#endif
