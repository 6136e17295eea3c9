/* SPDX-License-Identifier: MIT */
/*
 * alloc/options: small lists of texts: the options that a library reports, and environment
 * assignments that set them.
 *
 * Both own their strings. Zero-initialise, add, release.
 */
#ifndef MADVISOR_ALLOC_OPTIONS_H
#define MADVISOR_ALLOC_OPTIONS_H

#include <stddef.h>

#include "model/result.h"

/* Options as a library reports them. A value of NULL: the option exists, its value is unknown. */
struct option_map {
	struct setting *items;
	size_t count, alloc;
};

#define _cleanup_option_map_ __attribute__((cleanup(option_map_release)))

/* More than any allocator has; further ones are left out. */
#define OPTION_MAP_MAX 1024

/* Copies both texts; value may be NULL. An option seen before gets the new value; one above the maximum is left out. */
void option_map_set(struct option_map *map, const char *key, const char *value)
	__attribute__((nonnull(1, 2)));
/* The option of that name, in any case; NULL if not found. Borrowed until the next set. */
const struct setting *option_map_find(const struct option_map *map, const char *key)
	__attribute__((nonnull));
/* Copies the values of a library's answer, lines "key value", for options that are in the map. */
void option_map_read_values(struct option_map *map, const char *answer) __attribute__((nonnull));
/*
 * Adds the options of that prefix, without it, from a list as the dynamic loader prints it:
 * "glibc.malloc.top_pad: 0x20000 (min: 0x0, max: 0xffffffffffffffff)".
 */
void option_map_read_tunables(struct option_map *map, const char *list, const char *prefix)
	__attribute__((nonnull));
void option_map_release(struct option_map *map);

/* "NAME=value" strings, always NULL-terminated once something was added. */
struct assignments {
	char **items;
	size_t count, alloc;
};

#define _cleanup_assignments_ __attribute__((cleanup(assignments_release)))

void assignments_addf(struct assignments *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1)));
void assignments_release(struct assignments *env);

#endif
