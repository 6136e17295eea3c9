/* SPDX-License-Identifier: MIT */
/* cmd/explain-look: observes processes or a command once. A part of cmd/explain. */
#ifndef MADVISOR_CMD_EXPLAIN_LOOK_H
#define MADVISOR_CMD_EXPLAIN_LOOK_H

#include "cmd/explain-options.h"
#include "run/program.h"

/* ERROR_MACHINE if a file of stacks was requested and none can be recorded. Call before the run. */
int explain_stacks_check(const struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Adds a note if the probe could record stacks but this build cannot. */
void explain_stacks_note_none(struct measure *measure) __attribute__((nonnull));

/* Measure the target of explain_subject_add(), and find the program the kernel worked most for. */
int explain_look_at_running(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
int explain_look_at_command(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* The command to run. Borrows from explain. */
struct program explain_program(const struct explain_options *explain) __attribute__((nonnull));

#endif
