/* SPDX-License-Identifier: MIT */
/*
 * cmd/explain-subject: what is explained, as the result's contender and case: the program that was named, then the
 * one that the kernel worked most for. A part of cmd/explain.
 */
#ifndef MADVISOR_CMD_EXPLAIN_SUBJECT_H
#define MADVISOR_CMD_EXPLAIN_SUBJECT_H

#include "cmd/explain-options.h"
#include "run/taxpayer.h"

/* Identifies what was named, and puts it and its environment into explain and its result. */
int explain_subject_add(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/*
 * What was named may have led to another program: it is that one's allocator that matters. Takes from taxpayer what
 * it keeps; the caller releases the rest.
 */
int explain_subject_follow(struct explain_options *explain, struct taxpayer *taxpayer,
			   struct error *err) __attribute__((nonnull(1, 2), warn_unused_result));

#endif
