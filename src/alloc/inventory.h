/* SPDX-License-Identifier: MIT */
/*
 * alloc/inventory: what `madvisor list allocators`, `madvisor list settings` and `madvisor doctor` say of allocators.
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
	INVENTORY_UNTRIED, /* there was no workload to try it with */
	INVENTORY_LINKED,  /* no contender: it serves programs linked with it; problem says how */
	INVENTORY_FAILED,  /* problem says why it cannot be a contender */
	INVENTORY_MISSING, /* remedy is the command that gets it */
};

struct inventory_row {
	char *name;              /* as --contenders takes it */
	const char *description; /* static; NULL where the library may not be looked at */
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
 * Every library of the set and every allocator that is missing, in the registry's order, then what may not be loaded. workload is the
 * path of madvisor-workload, to try each; NULL: none is tried.
 */
void inventory_init(struct inventory *inventory, const struct library_set *libraries,
		    const char *workload) __attribute__((nonnull(1, 2)));
void inventory_release(struct inventory *inventory);

struct setting_row {
	const char *allocator; /* static */
	char *key;
	char *variable; /* "MALLOC_CONF=tcache_max:VALUE" */
	char *fallback; /* what holds without it: as the library on this machine says, else as documented */
	char *range;
	const char *search;     /* values worth trying; static */
	const char *why, *risk; /* static */
	char *note; /* where the newest library here does not have it, or calls it something else */
};

struct setting_table {
	struct setting_row *rows;
	size_t count, alloc;
};

/* The catalogue of all allocators, or of one (NULL: all), set against the newest libraries of the set. */
void setting_table_init(struct setting_table *table, const struct library_set *libraries,
			const char *allocator) __attribute__((nonnull(1, 2)));
void setting_table_release(struct setting_table *table);

#endif
