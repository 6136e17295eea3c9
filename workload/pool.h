/* SPDX-License-Identifier: MIT */
/*
 * workload/pool: a recycled pool that stands in for malloc, as the limit that no allocator passes.
 *
 * It may cheat as no allocator can: the caller gives the size back on free, memory never returns to
 * the kernel, and nothing is checked. Per thread and size class it keeps two magazines, arrays of
 * pointers to free buffers, and exchanges full ones for empty ones with a shared depot (Bonwick and
 * Adams, USENIX 2001, section 3). Buffers that one thread allocates and another frees thus cost one short
 * lock for each magazine. A buffer itself is never touched, so that taking one does not wait for
 * a cache line that another CPU wrote.
 */
#ifndef MADVISOR_WORKLOAD_POOL_H
#define MADVISOR_WORKLOAD_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Four classes for each power of two, from 16 bytes to 1 TiB. */
#define POOL_CLASSES 152
#define POOL_MIN_SHIFT 4
#define POOL_MAGAZINE_MAX 60

struct pool_magazine {
	struct pool_magazine *next; /* in the depot */
	uint32_t count;
	void *buffers[POOL_MAGAZINE_MAX];
};

struct pool_bin {
	struct pool_magazine *active,
		*spare; /* both NULL until first used; the spare is full or empty */
	uint32_t full;
};

struct pool_cache {
	struct pool_bin bins[POOL_CLASSES];
};

struct pool_cache *pool_cache_new(void) __attribute__((warn_unused_result));
/* What it still holds is lost to other threads, though not to the kernel. Takes NULL. */
void pool_cache_free(struct pool_cache *cache);

/* The size that a class serves; for tests. */
size_t pool_class_bytes(unsigned int class);

/* Makes the active magazine non-empty; it is empty or missing. */
void pool_refill(struct pool_bin *bin, unsigned int class);
/* Makes room in the active magazine; it is full or missing. */
void pool_drain(struct pool_bin *bin, unsigned int class);

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
		pool_refill(bin, class);
	return bin->active->buffers[--bin->active->count];
}

static inline void pool_free(struct pool_cache *cache, void *p, size_t bytes)
{
	unsigned int class = pool_class(bytes);
	struct pool_bin *bin = &cache->bins[class];

	if (__builtin_expect(!bin->active || bin->active->count == bin->full, 0))
		pool_drain(bin, class);
	bin->active->buffers[bin->active->count++] = p;
}

#endif
