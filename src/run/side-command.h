/* SPDX-License-Identifier: MIT */
/*
 * run/side-command: what the user has run beside the measured runs (--prepare, --conclude), in a shell.
 */
#ifndef MADVISOR_RUN_SIDE_COMMAND_H
#define MADVISOR_RUN_SIDE_COMMAND_H

#include <stdbool.h>

#include "base/error.h"
#include "launch/identity.h"

/*
 * Runs the text by `sh -c`, not timed, as that identity, with /dev/null as its input and output, and waits for the shell
 * alone: a server that it started in the background runs on, and offspring_kill_all() ends it. `option` is what messages
 * call it. ERROR_TARGET where its exit status is not 0; the hint is then the start of its standard error.
 *
 * ret_interrupted: whether the user's Ctrl-C ended it, which is no error; NULL: it goes on, for it is to tidy up.
 */
int side_command_run(const char *option, const char *text, const struct identity *identity,
		     bool *ret_interrupted, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

#endif
