/* SPDX-License-Identifier: MIT */
/*
 * cmd/explain-subject: sets the result's contender and case to the explained program: the named
 * one, then the one that the kernel worked most for. A part of cmd/explain.
 */
#ifndef MADVISOR_CMD_EXPLAIN_SUBJECT_H
#define MADVISOR_CMD_EXPLAIN_SUBJECT_H

#include "cmd/explain-options.h"
#include "run/taxpayer.h"

/* Identifies the named target, and puts it and its environment into explain and its result. */
int explain_subject_add(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/*
 * Replaces the named program by the one that the kernel worked most for, if they differ. Moves the
 * fields it keeps out of taxpayer; the caller releases the rest.
 */
int explain_subject_follow(struct explain_options *explain, struct taxpayer *taxpayer,
			   struct error *err) __attribute__((nonnull(1, 2), warn_unused_result));

#endif
