/* SPDX-License-Identifier: MIT */
/*
 * alloc/ask: asks a library for its version and the options that it uses. Each struct allocator
 * defines the query and the format of its answers; the library runs only in confined children.
 * identify/loadable decides whether it may.
 */
#ifndef MADVISOR_ALLOC_ASK_H
#define MADVISOR_ALLOC_ASK_H

#include "alloc/library.h"

/*
 * Its version; NULL if it cannot be asked: then its file may tell. Needs allocator, path, prefix
 * and rights. Caller frees.
 */
char *library_ask_version(const struct library *library)
	__attribute__((nonnull, warn_unused_result));

/*
 * The options that the library uses under these assignments (NULL: none), as far as it reports
 * them. If the library rejects a setting: ERROR_USAGE -EINVAL; -ENOSYS if the allocator has no
 * settings.
 */
int library_ask_options(const struct library *library, const char *const *env,
			struct option_map *ret, struct error *err)
	__attribute__((nonnull(1, 3), warn_unused_result));

#endif
