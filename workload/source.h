/* SPDX-License-Identifier: MIT */
/*
 * workload/source: where a case's memory comes from.
 *
 * `malloc` is the malloc that this process is bound to: the one under test. `pool` is a recycled
 * pool, the physical floor: the cost of the case when allocation is free. Each thread of a case has
 * its own struct source.
 */
#ifndef MADVISOR_WORKLOAD_SOURCE_H
#define MADVISOR_WORKLOAD_SOURCE_H

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pool.h"

enum source_kind { SOURCE_MALLOC, SOURCE_POOL };

struct source {
	struct pool_cache *pool; /* NULL: malloc */
};

static inline void source_init(struct source *source, enum source_kind kind)
{
	source->pool = kind == SOURCE_POOL ? pool_cache_new() : NULL;
}

/* Once, when the thread allocates no more. All zero is fine. */
static inline void source_release(struct source *source)
{
	pool_cache_free(source->pool);
	source->pool = NULL;
}

/* Never NULL. */
static inline void *source_alloc(struct source *source, size_t bytes)
{
	void *p = source->pool ? pool_alloc(source->pool, bytes) : malloc(bytes);

	if (__builtin_expect(!p, 0))
		memory_exhausted(bytes);
	return p;
}

/* As source_alloc, zeroed. */
static inline void *source_alloc_zeroed(struct source *source, size_t bytes)
{
	void *p =
		source->pool ? memset(pool_alloc(source->pool, bytes), 0, bytes) : calloc(1, bytes);

	if (__builtin_expect(!p, 0))
		memory_exhausted(bytes);
	return p;
}

/* bytes: as it was allocated with. */
static inline void source_free(struct source *source, void *p, size_t bytes)
{
	if (source->pool)
		pool_free(source->pool, p, bytes);
	else
		free(p);
}

#endif
