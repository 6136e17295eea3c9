/* SPDX-License-Identifier: MIT */
/*
 * base/savefile: replaces a file atomically.
 *
 * The text goes to a new file beside the target, which is synced before it gets the target's name,
 * so that neither a reader nor a crash sees half of it. A symbolic link is followed, as far as the
 * kernel allows (proc(5), protected_symlinks), and stays a link; a file keeps its mode and, under
 * root, its owner. Other kinds of files (a pipe, a terminal, /dev/null, /dev/fd/N) are written to
 * directly.
 */
#ifndef MADVISOR_BASE_SAVEFILE_H
#define MADVISOR_BASE_SAVEFILE_H

#include <stddef.h>

#include "base/error.h"

/* Checks that savefile_write() would work there now; leaves no file. ERROR_USAGE if not. */
int savefile_check(const char *path, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* "-" is standard output. A new file gets mode 0666 less the umask. ERROR_USAGE on failure. */
int savefile_write(const char *path, const char *text, size_t len, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Syncs the folder of a file, and so the file's name. Negative errno. */
int savefile_sync_folder(const char *file) __attribute__((nonnull, warn_unused_result));

#endif
