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

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

/*
 * Saves the result under a name of its own, with last.json as a link to it. *ret_path is where it is;
 * caller frees. Failing is worth a warning: the user may have asked for other outputs.
 */
int state_save(const struct result *result, char **ret_path, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * A new file of the folder, by its name in it, to be appended to. It holds the text, and a lock (flock(2)) is on it, before
 * it has its name, where the file system can do so. ERROR_MACHINE where there cannot be one.
 */
int state_create(const char *name, const struct strbuf *text, int *ret_fd, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));
/* Others, by their names in the folder. *ret_path is what messages call one; caller frees, also on failure. */
int state_open(const char *name, int *ret_fd, char **ret_path, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));
int state_remove(const char *name, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* A name of its own for what becomes of a result: "bench-20261130T211500Z-4711" and the suffix. Caller frees. */
char *state_fresh_name(const struct result *result, const char *suffix)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

struct state_file {
	char *name; /* owned */
	int64_t modified_ns;
};

/* The regular files whose name has that end, the newest first; returns how many. Free with state_list_free(). */
size_t state_list(const char *suffix, struct state_file **ret)
	__attribute__((nonnull, warn_unused_result));
void state_list_free(struct state_file *files, size_t count);

/* Reads last.json into *result, as document_load(). */
int state_load_last(struct result *result, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
