/* SPDX-License-Identifier: MIT */
/*
 * model/across: a result against an earlier one: `madvisor report NEW --against EARLIER`.
 *
 * Only ratios are compared: how a contender stood to the baseline in one session, with how it stood in the other.
 * Absolute times differ between sessions for reasons of the machine. Results of another machine,
 * kernel, allocator or command are not comparable unless the user says so.
 */
#ifndef MADVISOR_MODEL_ACROSS_H
#define MADVISOR_MODEL_ACROSS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/metrics.h"
#include "model/result.h"

/* What two results may differ in. */
enum across_kind {
	ACROSS_MACHINE,
	ACROSS_KERNEL,
	ACROSS_ALLOCATOR,
	ACROSS_COMMAND,
	ACROSS_KINDS,
};

/* "machine", … and back; -1 for an unknown name. Static strings. */
const char *across_kind_name(enum across_kind kind) __attribute__((returns_nonnull, const));
int across_kind_by_name(const char *name) __attribute__((nonnull, pure));

/* A contender in a case that both results have. */
struct across_row {
	size_t case_index, contender_index;     /* in the newer result */
	double now, then;                       /* ratio to the baseline in each */
	double change, change_low, change_high; /* now / then; NAN without both intervals */
	double noise_floor_pct;                 /* of both together; NAN if unknown */
	enum verdict verdict;
	unsigned int rounds; /* the smaller number */
};

/* The two results, and what they have in common. */
struct across {
	const struct result *now, *then; /* borrowed */
	enum metric_id metric;           /* that contenders are judged by in both */
	struct across_row *rows;
	size_t row_count, row_alloc;
	struct strbuf despite; /* the differences that were allowed, a line each */
};

/*
 * Compares two results. ERROR_USAGE if they differ in a kind that is not in allowed[] (the message says in what),
 * or have no contender and case in common. Release with across_release(), also on failure.
 */
int across_compare(const struct result *now, const struct result *then,
		   const bool allowed[ACROSS_KINDS], struct across *ret, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4), warn_unused_result));
void across_release(struct across *across) __attribute__((nonnull));

/* Judges the gates of the newer result by the change of the ratios in place of the ratios. */
void across_judge_gates(const struct across *across, struct result *now) __attribute__((nonnull));

#endif
