/* SPDX-License-Identifier: MIT */
/*
 * identify/cache: /etc/ld.so.cache, where the dynamic loader finds most libraries.
 *
 * Source of the format: glibc 2.36 sysdeps/generic/dl-cache.h (the "new" format; a file that starts
 * with the old one has it further on). Pure; the bytes may be hostile.
 */
#ifndef MADVISOR_IDENTIFY_CACHE_H
#define MADVISOR_IDENTIFY_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Calls `visit` with the path of each library of that name, in the cache's order, until it returns
 * true. Entries for special processors come in the file before the plain one of the same name.
 * Returns whether visit accepted one.
 */
bool loader_cache_find(const char *bytes, size_t size, const char *name,
		       bool (*visit)(const char *path, void *context), void *context)
	__attribute__((nonnull(3, 4)));

#endif
