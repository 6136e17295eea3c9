/* SPDX-License-Identifier: MIT */
/* launch/failure: in words, why an execution yields no figures. */
#ifndef MADVISOR_LAUNCH_FAILURE_H
#define MADVISOR_LAUNCH_FAILURE_H

#include <stdbool.h>

#include "launch/launch.h"

/*
 * One line, or NULL where the execution counts; caller frees. With ignore_status an exit status other than
 * 0 counts too, a signal never does.
 */
char *failure_describe(const struct launch *launch, const struct outcome *outcome,
		       bool ignore_status) __attribute__((nonnull, warn_unused_result));

/*
 * Appends ": " and the last words of a program, or nothing where it had none. Programs complain on standard error;
 * servers also on standard output, which is looked at where it was captured and the other is empty.
 */
void failure_add_last_words(struct strbuf *text, const struct outcome *outcome)
	__attribute__((nonnull));

/* How to go on after a failure that failure_describe() describes; for its hint. Static. */
const char *failure_remedy(const struct outcome *outcome, bool ignore_status)
	__attribute__((nonnull, returns_nonnull, pure));

#endif
