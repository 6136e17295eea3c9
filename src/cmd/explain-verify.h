/* SPDX-License-Identifier: MIT */
/*
 * cmd/explain-verify: `madvisor explain --verify`: measures the gain of each proposed setting. A
 * part of cmd/explain.
 */
#ifndef MADVISOR_CMD_EXPLAIN_VERIFY_H
#define MADVISOR_CMD_EXPLAIN_VERIFY_H

#include "cmd/explain-options.h"
#include "cmd/remedies.h"

/* The environments that can set the program's variables. Borrows from explain. */
struct reach explain_reach(const struct explain_options *explain) __attribute__((nonnull));

/* Runs the command with and without each finding's settings, and ranks the findings again. */
int explain_verify(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
