/* SPDX-License-Identifier: MIT */
/*
 * base/savefile: write a whole file, or leave the old one untouched.
 *
 * The text goes to a new file beside the target, which then takes its name: a reader never sees half
 * of it, and a symbolic link planted at the name is replaced, not followed. Something that is not a
 * regular file (a pipe, a terminal, /dev/null) is written to directly.
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

#endif
