/* SPDX-License-Identifier: MIT */
/*
 * identify/loadable: whether a process with certain rights may load a library.
 *
 * A user who can write a library, or put a file before it in the search path, controls the code
 * that runs. So only root and the user in question may be able to write the file, its path, the
 * folders that it has the loader search, and the same for its dependencies, recursively.
 */
#ifndef MADVISOR_IDENTIFY_LOADABLE_H
#define MADVISOR_IDENTIFY_LOADABLE_H

#include "base/error.h"
#include "base/rights.h"

/*
 * 0 if a process with these rights may load it. -EPERM with ERROR_USAGE, a sentence that says who
 * can write which file, and the remedy. Other errors: its path cannot be read.
 */
int loadable_check(const char *path, const struct rights *rights, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * The same for a library that the user named: users other than root may load any library into their
 * own processes.
 */
int loadable_check_given(const char *path, const struct rights *rights, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The same for a folder below one that the user named; called before its contents are trusted. */
int loadable_check_folder(const char *path, const struct rights *rights, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
