/* SPDX-License-Identifier: MIT */
/*
 * cmd/state: every result is kept below $XDG_STATE_HOME/madvisor (default ~/.local/state/madvisor),
 * the newest as last.json (XDG Base Directory Specification 0.8).
 */
#ifndef MADVISOR_CMD_STATE_H
#define MADVISOR_CMD_STATE_H

#include "base/error.h"
#include "model/result.h"

/*
 * Saves the result under a name of its own, with last.json as a link to it. *ret_path is where it is;
 * caller frees. Failing is worth a warning: the user may have asked for other outputs.
 */
int state_save(const struct result *result, char **ret_path, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Path of last.json. Caller frees; NULL without a home. */
char *state_last_path(void) __attribute__((warn_unused_result));

#endif
