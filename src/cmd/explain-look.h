/* SPDX-License-Identifier: MIT */
/* cmd/explain-look: the one look at a process or a command. A part of cmd/explain. */
#ifndef MADVISOR_CMD_EXPLAIN_LOOK_H
#define MADVISOR_CMD_EXPLAIN_LOOK_H

#include "cmd/explain-options.h"
#include "run/program.h"

/* A file of stacks was asked for: that there will be none is known before the program runs. ERROR_MACHINE. */
int explain_stacks_check(const struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Notes in the result what the probe could see and this build cannot. */
void explain_stacks_note_none(struct measure *measure) __attribute__((nonnull));

/* They measure what explain_subject_add() named, and lead to the program that the kernel worked most for. */
int explain_look_at_process(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
int explain_look_at_command(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* The command as it is to be run. Borrows from explain. */
struct program explain_program(const struct explain_options *explain) __attribute__((nonnull));

#endif
