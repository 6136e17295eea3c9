/* SPDX-License-Identifier: MIT */
/* report/sweep: what a sweep came to, in words that its passages and its chart share. Below produce.h's parts. */
#ifndef MADVISOR_REPORT_SWEEP_H
#define MADVISOR_REPORT_SWEEP_H

#include "report/production.h"

/* A value of the swept number, as it is typed: "32K", "12". */
void sweep_add_value(struct strbuf *sb, const struct result *result, uint64_t value)
	__attribute__((nonnull));

/* What contenders are judged by: "time", or the name of a metric. Borrowed. */
const char *sweep_judged_by(const struct result *result) __attribute__((nonnull, returns_nonnull));

/* "above 32K", or between which two values a cliff lies. */
void sweep_add_place(struct strbuf *sb, const struct result *result,
		     const struct sweep_cliff *cliff) __attribute__((nonnull));

/* "jemalloc above 32K: time 2.21x, faults 2.24 to 0.01 an operation: tcache_max" */
void sweep_add_cliff_text(struct strbuf *sb, const struct result *result,
			  const struct sweep_cliff *cliff) __attribute__((nonnull));

/* Whether another cliff before this one tells the same: a step of the case shows in each contender. */
bool sweep_is_repeated(const struct sweep *sweep, size_t index) __attribute__((nonnull, pure));

#endif
