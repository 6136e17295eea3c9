/* SPDX-License-Identifier: MIT */
/*
 * base/savefile: write a whole file, or leave the old one untouched.
 *
 * The text goes to a new file beside the target, which is on the disk before it takes the target's name: neither a reader
 * nor a crash ever sees half of it. A symbolic link is followed, as far as the kernel allows (proc(5), protected_symlinks),
 * and stays a link; a file keeps its mode and, under root, its owner. What is no regular file (a pipe, a terminal,
 * /dev/null, /dev/fd/N) is written to directly.
 */
#ifndef MADVISOR_BASE_SAVEFILE_H
#define MADVISOR_BASE_SAVEFILE_H

#include <stddef.h>

#include "base/error.h"

/* Whether savefile_write() could work there now; leaves nothing behind. ERROR_USAGE where it cannot. */
int savefile_check(const char *path, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* "-" is standard output. A new file gets mode 0666 less the umask. ERROR_USAGE on failure. */
int savefile_write(const char *path, const char *text, size_t len, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Has the folder of a file on the disk, and so its name. Negative errno. */
int savefile_sync_folder(const char *file) __attribute__((nonnull, warn_unused_result));

#endif
