/* SPDX-License-Identifier: MIT */
/*
 * cmd/state: every result is kept below $XDG_STATE_HOME/madvisor (default ~/.local/state/madvisor),
 * the newest as last.json (XDG Base Directory Specification 0.8).
 *
 * Under sudo it is the calling user's folder (base/caller). A child process accesses it with that
 * user's rights (base/as-user): they own the files, and no symbolic link leads root out of it.
 */
#ifndef MADVISOR_CMD_STATE_H
#define MADVISOR_CMD_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

/*
 * Saves the result under a name of its own, with last.json as a link to it. *ret_path is its path;
 * caller frees. A failure should be a warning only: the user may have requested other outputs.
 */
int state_save(const struct result *result, char **ret_path, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Creates a file of that name in the folder, for appending. If the file system supports it, the
 * file holds the text and is locked (flock(2)) before it gets its name. ERROR_MACHINE on failure.
 */
int state_create(const char *name, const struct strbuf *text, int *ret_fd, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));
/* Opens a file of the folder by name. *ret_path is for messages; caller frees, also on failure. */
int state_open(const char *name, int *ret_fd, char **ret_path, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));
int state_remove(const char *name, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* A unique name for a result's file: "bench-20261130T211500Z-4711" and the suffix. Caller frees. */
char *state_fresh_name(const struct result *result, const char *suffix)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

struct state_file {
	char *name; /* owned */
	int64_t modified_ns;
};

/* Regular files with that suffix, newest first; returns the count. Free: state_list_free(). */
size_t state_list(const char *suffix, struct state_file **ret)
	__attribute__((nonnull, warn_unused_result));
void state_list_free(struct state_file *files, size_t count);

/* Reads last.json into *result, as document_load(). */
int state_load_last(struct result *result, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
