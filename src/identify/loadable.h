/* SPDX-License-Identifier: MIT */
/*
 * identify/loadable: whether a library may be loaded by a process with certain rights.
 *
 * Whoever can write a library, or put a file before it where it is looked for, decides what runs. So it is loaded
 * only with rights that all of them have anyway: nobody but root and the user in question may write the file, what
 * leads to it, the folders in which it has the loader search, and all that for what it needs, and so on.
 */
#ifndef MADVISOR_IDENTIFY_LOADABLE_H
#define MADVISOR_IDENTIFY_LOADABLE_H

#include "base/error.h"
#include "base/rights.h"

/*
 * 0 where a process with these rights may load it. -EPERM with ERROR_USAGE, a sentence that says who can write what,
 * and the remedy. Other errors: what leads to it cannot be read.
 */
int loadable_check(const char *path, const struct rights *rights, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * The same for a library that the user named: a user other than root may load into their own processes what they like.
 */
int loadable_check_given(const char *path, const struct rights *rights, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The same for a folder of which the user named one above, before anything in it is believed. */
int loadable_check_folder(const char *path, const struct rights *rights, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
