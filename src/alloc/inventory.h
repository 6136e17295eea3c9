/* SPDX-License-Identifier: MIT */
/*
 * alloc/inventory: allocators and settings for `madvisor list allocators`, `madvisor list settings`
 * and `madvisor doctor`.
 *
 * Rows own their texts unless a comment says otherwise. NULL is "not known" or "does not apply".
 */
#ifndef MADVISOR_ALLOC_INVENTORY_H
#define MADVISOR_ALLOC_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "alloc/library.h"

enum inventory_state {
	INVENTORY_PROVEN,  /* it served malloc when it was tried; proof says how */
	INVENTORY_UNTRIED, /* no workload was available to try it */
	INVENTORY_LINKED,  /* only for programs linked with it; problem says how */
	INVENTORY_FAILED,  /* problem says why it cannot be a contender */
	INVENTORY_MISSING, /* remedy is the command that installs it */
};

struct inventory_row {
	char *name;              /* as --contenders takes it */
	const char *description; /* static; NULL if the library may not be inspected */
	char *version;
	char *path;
	const char *injected; /* "LD_PRELOAD", "none: the C library's own", "linked in"; static */
	enum inventory_state state;
	char *proof;
	char *problem;
	const char *remedy; /* static */
};

struct inventory {
	struct inventory_row *rows;
	size_t count, alloc;
};

/*
 * Every library of the set and every missing allocator, in the registry's order, then libraries
 * that may not be loaded. workload: path of madvisor-workload, to try each; NULL: skip that.
 */
void inventory_init(struct inventory *inventory, const struct library_set *libraries,
		    const char *workload) __attribute__((nonnull(1, 2)));
void inventory_release(struct inventory *inventory);

struct setting_row {
	const char *allocator; /* static */
	char *key;
	char *variable; /* "MALLOC_CONF=tcache_max:VALUE" */
	char *fallback; /* the default: as the library on this machine says, else as documented */
	char *range;
	const char *search;     /* values worth trying; static */
	const char *why, *risk; /* static */
	char *note;             /* if the newest library here lacks it, or names it differently */
};

struct setting_table {
	struct setting_row *rows;
	size_t count, alloc;
};

/* The catalogue of one allocator (NULL: all), compared with the newest libraries of the set. */
void setting_table_init(struct setting_table *table, const struct library_set *libraries,
			const char *allocator) __attribute__((nonnull(1, 2)));
void setting_table_release(struct setting_table *table);

#endif
