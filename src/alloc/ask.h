/* SPDX-License-Identifier: MIT */
/*
 * alloc/ask: what a library says of itself: its version, and the options that it uses. How each allocator is asked
 * and how its answers read stands in its struct allocator; the library runs in confined children, never in this
 * process. identify/loadable says whether it may.
 */
#ifndef MADVISOR_ALLOC_ASK_H
#define MADVISOR_ALLOC_ASK_H

#include "alloc/library.h"

/*
 * Its version, where it can be asked; NULL where not: then its file may tell. Needs allocator, path, prefix and rights.
 * Caller frees.
 */
char *library_ask_version(const struct library *library)
	__attribute__((nonnull, warn_unused_result));

/*
 * The options that the library uses under these assignments (NULL: none), or as much of them as it tells. Its own
 * complaint about a setting is ERROR_USAGE -EINVAL; -ENOSYS where the allocator has no settings.
 */
int library_ask_options(const struct library *library, const char *const *env,
			struct option_map *ret, struct error *err)
	__attribute__((nonnull(1, 3), warn_unused_result));

#endif
