/* SPDX-License-Identifier: MIT */
/* run/failure: in words, why an execution yields no figures. */
#ifndef MADVISOR_RUN_FAILURE_H
#define MADVISOR_RUN_FAILURE_H

#include <stdbool.h>

#include "run/launch.h"

/*
 * One line, or NULL where the execution counts; caller frees. With ignore_status an exit status other than
 * 0 counts too, a signal never does.
 */
char *failure_describe(const struct launch *launch, const struct outcome *outcome, bool ignore_status)
	__attribute__((nonnull, warn_unused_result));

#endif
