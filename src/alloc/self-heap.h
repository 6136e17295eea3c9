/* SPDX-License-Identifier: MIT */
/*
 * alloc/self-heap: which allocator of the user's program the settings of self[...] are for.
 *
 * A program may have several: its own first one, and those that its libraries bring along. A part of
 * alloc/self.
 */
#ifndef MADVISOR_ALLOC_SELF_HEAP_H
#define MADVISOR_ALLOC_SELF_HEAP_H

#include <stdbool.h>

#include "alloc/options.h"
#include "alloc/spec.h"
#include "base/error.h"
#include "identify/identify.h"

struct self_heap {
	const struct heap *heap;    /* borrowed; NULL: the program has none that is known */
	struct contender_spec spec; /* its settings, by their plain keys; owned */
	/* Assignments that choose an allocator: "ARROW_DEFAULT_MEMORY_POOL=jemalloc". */
	struct assignments choices;
};

#define _cleanup_self_heap_ __attribute__((cleanup(self_heap_release)))

/*
 * The program's first heap, unless another one alone knows the keys. A key behind a variable and a dot names the
 * heap that reads this variable; a key that is a variable which chooses between heaps chooses. ERROR_USAGE: several
 * heaps know the keys, and none of them is the first; no heap has such a name.
 */
int self_heap_find(const struct contender_spec *spec, const struct identification *program,
		   struct self_heap *ret, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * Whether no heap of the program knows the settings while those of some allocator have such names: they may be
 * for one in a library that the program loads while it runs.
 */
bool self_heap_is_elsewhere(const struct contender_spec *spec, const struct identification *program)
	__attribute__((nonnull));

void self_heap_release(struct self_heap *heap) __attribute__((nonnull));

#endif
