/* SPDX-License-Identifier: MIT */
/* base/path: the parts of a path, as text: nothing is looked up. */
#ifndef MADVISOR_BASE_PATH_H
#define MADVISOR_BASE_PATH_H

/* The part after the last "/", or the whole text without one. Borrowed from it; NULL for NULL. */
const char *path_name(const char *path) __attribute__((pure));

/* The part before the last "/": "/" for "/a", and "." for "a". Caller frees. */
char *path_folder(const char *path) __attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
