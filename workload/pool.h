/* SPDX-License-Identifier: MIT */
/*
 * workload/pool: a recycling pool in place of malloc, as the lower bound on any allocator's cost.
 *
 * It has advantages over any allocator: the caller gives the size back on free, memory never
 * returns to the kernel, and nothing is checked. Per thread and size class it keeps two magazines,
 * arrays of pointers to free buffers (Bonwick and Adams, USENIX 2001, section 3). A buffer belongs
 * to the thread that first made it: another thread that frees it collects a magazine full and gives
 * that back in one short lock, because the owner's CPU still has the buffer's lines in its cache,
 * and a buffer that wandered to another CPU would have to be fetched from there line by line.
 * Before it makes new buffers, a thread takes others' free ones, so that the pool never exceeds the
 * peak number of buffers in use. A free buffer itself is never touched, so that taking one waits
 * for nothing.
 */
#ifndef MADVISOR_WORKLOAD_POOL_H
#define MADVISOR_WORKLOAD_POOL_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "runtime/lock.h"

/* Four classes for each power of two, from 16 bytes to 1 TiB. */
#define POOL_CLASSES 152
#define POOL_MIN_SHIFT 4
#define POOL_MAGAZINE_MAX 60
#define POOL_CACHES_MAX 1024

struct pool_magazine {
	struct pool_magazine *next; /* in a list of a home */
	uint32_t count;
	void *buffers[POOL_MAGAZINE_MAX];
};

/* Memory that is handed out front to back and never taken back. */
struct pool_piece {
	char *at, *end;
};

/* A thread's own, for one class. */
struct pool_bin {
	struct pool_magazine *active,
		*spare; /* both NULL until first used; the spare is full or empty */
	uint32_t full;
	struct pool_magazine **outgoing; /* others' buffers, by owner; NULL until there are any */
	struct pool_piece piece;
};

/* Where others put a thread's buffers of one class. */
struct pool_home {
	CACHE_APART struct lock lock;
	struct pool_magazine *full, *empty; /* newest first */
};

struct pool_cache {
	struct pool_bin bins[POOL_CLASSES];
	struct pool_home homes[POOL_CLASSES];
	struct pool_piece magazines;
	uint16_t index;
	struct pool_cache *next; /* in the list of those that no thread uses */
};

/* A thread's cache; that of a thread which has ended, with all it holds, if there is one. */
struct pool_cache *pool_cache_new(void) __attribute__((warn_unused_result));
/* The thread is done; its buffers may still be in use, and be freed by others. Takes NULL. */
void pool_cache_free(struct pool_cache *cache);

/* The size that a class serves; for tests. */
size_t pool_class_bytes(unsigned int class);

/* Makes the active magazine non-empty; it is empty or missing. */
void pool_refill(struct pool_cache *cache, unsigned int class);
/* Makes room in the active magazine; it is full or missing. */
void pool_drain(struct pool_cache *cache, unsigned int class);
/* Frees a buffer that belongs to another cache. */
void pool_free_foreign(struct pool_cache *cache, void *p, unsigned int class);

/* All of the pool's buffers are in one reserved range, cut into granules that have one owner each. */
#define POOL_GRANULE_SHIFT 18
#define POOL_RANGE_SHIFT 36
extern char *pool_range;
extern uint16_t pool_owners[1 << (POOL_RANGE_SHIFT - POOL_GRANULE_SHIFT)];

/* The class that serves bytes: the smallest of the sizes 16, 20, 24, 28, 32, 40, ... that suffices. */
static inline unsigned int pool_class(size_t bytes)
{
	if (bytes <= (1u << POOL_MIN_SHIFT))
		return 0;
	unsigned int shift = 63 - (unsigned int)__builtin_clzll(bytes - 1);
	unsigned int quarter = (unsigned int)((bytes - 1) >> (shift - 2)) & 3;
	return (shift - POOL_MIN_SHIFT) * 4 + quarter + 1;
}

static inline void *pool_alloc(struct pool_cache *cache, size_t bytes)
{
	unsigned int class = pool_class(bytes);
	struct pool_bin *bin = &cache->bins[class];

	if (__builtin_expect(!bin->active || !bin->active->count, 0))
		pool_refill(cache, class);
	return bin->active->buffers[--bin->active->count];
}

static inline void pool_free(struct pool_cache *cache, void *p, size_t bytes)
{
	unsigned int class = pool_class(bytes);
	struct pool_bin *bin = &cache->bins[class];

	if (pool_owners[(size_t)((char *)p - pool_range) >> POOL_GRANULE_SHIFT] != cache->index) {
		pool_free_foreign(cache, p, class);
		return;
	}
	if (__builtin_expect(!bin->active || bin->active->count == bin->full, 0))
		pool_drain(cache, class);
	bin->active->buffers[bin->active->count++] = p;
}

#endif
