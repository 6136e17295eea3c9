/* SPDX-License-Identifier: MIT */
/*
 * alloc/threshold: the sizes of a request at which a contender does something else: by its allocator's design, its
 * version and its settings.
 *
 * Each allocator's rows stand in its file, with the source of every number. For run/sweep, which tries
 * them first and names the one that a jump coincides with.
 */
#ifndef MADVISOR_ALLOC_THRESHOLD_H
#define MADVISOR_ALLOC_THRESHOLD_H

#include <stddef.h>
#include <stdint.h>

#include "model/result.h"

/* A row of an allocator's table. */
struct size_threshold {
	const char *name;  /* the setting's key, or what its authors call it */
	const char *key;   /* of the setting that moves it; NULL: none does */
	const char *value; /* where it is by default, as a size: "32K"; NULL ends a table */
	const char *since; /* the first version; NULL: all that matter */
	const char *below; /* the first version without it; NULL: none */
	/* From a value of the setting to the largest request below; 0: none is. NULL: they are the same. */
	uint64_t (*last_below)(uint64_t value);
	const char *text; /* what changes for larger requests */
};

/*
 * Those of a contender, ascending; none for an unknown allocator. *ret is an array of *ret_count, owned by the caller, as are
 * its names and texts: threshold_list_free().
 */
void contender_thresholds(const struct contender *contender, struct sweep_threshold **ret,
			  size_t *ret_count) __attribute__((nonnull));
void threshold_list_free(struct sweep_threshold *thresholds, size_t count);

#endif
