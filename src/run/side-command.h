/* SPDX-License-Identifier: MIT */
/*
 * run/side-command: shell commands before and after measured runs (--prepare, --conclude).
 */
#ifndef MADVISOR_RUN_SIDE_COMMAND_H
#define MADVISOR_RUN_SIDE_COMMAND_H

#include <stdbool.h>

#include "base/error.h"
#include "launch/identity.h"

/*
 * Runs the text by `sh -c`, untimed, as that identity, with /dev/null as its input and output, and
 * waits for the shell alone: a server started in the background runs on until offspring_kill_all().
 * `option` is its name in messages. ERROR_TARGET if its exit status is not 0; the hint is then the
 * start of its standard error.
 *
 * ret_interrupted: whether the user's Ctrl-C ended it, which returns 0; NULL: a clean-up command,
 * which Ctrl-C does not stop.
 */
int side_command_run(const char *option, const char *text, const struct identity *identity,
		     bool *ret_interrupted, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

#endif
