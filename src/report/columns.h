/* SPDX-License-Identifier: MIT */
/* report/columns: the columns of the table of figures, one rule each. A part of details.c. */
#ifndef MADVISOR_REPORT_COLUMNS_H
#define MADVISOR_REPORT_COLUMNS_H

#include "report/production.h"

/* The subject of a row. */
struct column_subject {
	const struct production *production;
	size_t case_index;
	size_t contender_index;
	double bar_max; /* the longest bar of the group */
	bool alone;     /* the group has no other contender to be told apart from */
};

/* The columns after the name, in order. */
struct column_rule {
	const char *title; /* NULL: the metric that contenders are judged by */
	const char *explanation;
	bool numeric;
	unsigned int dispensable;
	void (*fill)(const struct column_subject *subject, struct cell *cell);
	bool (*present)(const struct production *production); /* NULL: always */
	bool once; /* the same for any metric: only in the first table */
};

/* Enough for every rule, and the name in front. */
#define COLUMNS_MAX 24

/* Static, in order; ends with a rule without fill(). */
extern const struct column_rule column_rules[];

bool column_is_baseline(const struct column_subject *subject) __attribute__((nonnull, pure));
bool column_is_limit(const struct column_subject *subject) __attribute__((nonnull, pure));

/* Whether a metric was measured at all. */
bool columns_have(const struct production *production, enum metric_id metric)
	__attribute__((nonnull, pure));

#endif
