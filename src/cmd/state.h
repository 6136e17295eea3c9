/* SPDX-License-Identifier: MIT */
/*
 * cmd/state: every result is kept below $XDG_STATE_HOME/madvisor (default ~/.local/state/madvisor),
 * the newest as last.json (XDG Base Directory Specification 0.8).
 *
 * Under sudo it is the folder of who called (base/caller). What happens there happens with that user's rights, in a child
 * (base/as-user): it belongs to them, and no link leads root out of it.
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

/* Reads last.json into *result, as document_load(). */
int state_load_last(struct result *result, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
