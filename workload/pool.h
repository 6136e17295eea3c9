/* SPDX-License-Identifier: MIT */
/*
 * workload/pool: a recycled pool that stands in for malloc, as the limit that no allocator passes.
 *
 * It may cheat as no allocator can: the caller gives the size back on free, memory never returns to
 * the kernel, and nothing is checked. Per thread and size class it keeps two magazines, linked lists
 * through the free buffers themselves; a full magazine goes to a shared depot and an empty one
 * comes back in one step, whatever its length (Bonwick and Adams, USENIX 2001, section 3). Buffers that
 * one thread allocates and another frees thus cost one short lock per magazine.
 */
#ifndef MADVISOR_WORKLOAD_POOL_H
#define MADVISOR_WORKLOAD_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Four classes for each power of two, from 16 bytes to 1 TiB. */
#define POOL_CLASSES 152
#define POOL_MIN_SHIFT 4

struct pool_buffer {
	struct pool_buffer *next;     /* in the magazine */
	struct pool_buffer *magazine; /* of the first buffer only: the next magazine in the depot */
};

struct pool_magazine {
	struct pool_buffer *first;
	uint32_t count;
};

struct pool_bin {
	struct pool_magazine active, spare; /* the spare one is full or empty */
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

void pool_refill(struct pool_bin *bin, unsigned int class);
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

	if (!bin->active.first)
		pool_refill(bin, class);
	struct pool_buffer *buffer = bin->active.first;
	bin->active.first = buffer->next;
	bin->active.count--;
	return buffer;
}

static inline void pool_free(struct pool_cache *cache, void *p, size_t bytes)
{
	unsigned int class = pool_class(bytes);
	struct pool_bin *bin = &cache->bins[class];
	struct pool_buffer *buffer = p;

	if (bin->active.count >= bin->full)
		pool_drain(bin, class);
	buffer->next = bin->active.first;
	bin->active.first = buffer;
	bin->active.count++;
}

#endif
