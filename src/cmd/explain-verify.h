/* SPDX-License-Identifier: MIT */
/*
 * cmd/explain-verify: `madvisor explain --verify`: what each proposed setting is worth, measured. A part of
 * cmd/explain.
 */
#ifndef MADVISOR_CMD_EXPLAIN_VERIFY_H
#define MADVISOR_CMD_EXPLAIN_VERIFY_H

#include "cmd/explain-options.h"
#include "cmd/remedies.h"

/* Where the program's variables can be set from. Borrows from explain. */
struct reach explain_reach(const struct explain_options *explain) __attribute__((nonnull));

/* Runs the command with each finding's settings against without, and ranks the findings anew. */
int explain_verify(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
