/* SPDX-License-Identifier: MIT */
/* launch/failure: describes why an execution yields no figures. */
#ifndef MADVISOR_LAUNCH_FAILURE_H
#define MADVISOR_LAUNCH_FAILURE_H

#include <stdbool.h>

#include "launch/launch.h"

/*
 * One line, or NULL if the execution counts; caller frees. With ignore_status an exit status other
 * than 0 counts too; a death by signal never counts.
 */
char *failure_describe(const struct launch *launch, const struct outcome *outcome,
		       bool ignore_status) __attribute__((nonnull, warn_unused_result));

/*
 * Appends ": " and the end of a program's standard error; if that is empty, the end of its captured
 * standard output, where servers report errors; if both are empty, nothing.
 */
void failure_add_last_words(struct strbuf *text, const struct outcome *outcome)
	__attribute__((nonnull));

/* How to go on after a failure that failure_describe() describes; for its hint. Static. */
const char *failure_remedy(const struct outcome *outcome, bool ignore_status)
	__attribute__((nonnull, returns_nonnull, pure));

#endif
