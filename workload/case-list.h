/* SPDX-License-Identifier: MIT */
/* workload/case-list: the named cases and the suites they belong to. */
#ifndef MADVISOR_WORKLOAD_CASE_LIST_H
#define MADVISOR_WORKLOAD_CASE_LIST_H

#include <stddef.h>

#include "base/strbuf.h"

struct named_case {
	const char *name;        /* canonical */
	const char *suites;      /* separated by commas */
	const char *description; /* one line */
};

extern const struct named_case named_cases[];
extern const size_t named_case_count;

/* Appends one line a case, in order: name, suites and description separated by tabs. */
void case_list_print(struct strbuf *sb) __attribute__((nonnull));

/* The named case closest to a mistyped name, or NULL. */
const char *case_list_nearest(const char *name) __attribute__((nonnull));

#endif
