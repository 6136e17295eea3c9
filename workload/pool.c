/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <sys/mman.h>

/* A magazine is worth a lock, but must not keep more than this of warm memory from its owner. */
enum { MAGAZINE_BYTES = 128 * 1024 };
/* Small buffers get a first piece of memory that does not make the process look large. */
enum { SMALL_BYTES = 4096 };

#define GRANULE ((size_t)1 << POOL_GRANULE_SHIFT)
#define RANGE ((size_t)1 << POOL_RANGE_SHIFT)

char *pool_range;
uint16_t pool_owners[1 << (POOL_RANGE_SHIFT - POOL_GRANULE_SHIFT)];

/* State shared by all threads. */
static struct {
	struct lock lock;
	size_t range_used; /* bytes */
	struct pool_cache *caches[POOL_CACHES_MAX];
	_Atomic unsigned int cache_count;
	struct pool_cache *unused;
} pool;

size_t pool_class_bytes(unsigned int class)
{
	if (!class)
		return (size_t)1 << POOL_MIN_SHIFT;
	unsigned int shift = (class - 1) / 4 + POOL_MIN_SHIFT, quarter = (class - 1) % 4;
	return ((size_t)1 << shift) + ((size_t)(quarter + 1) << (shift - 2));
}

static uint32_t magazine_full(unsigned int class)
{
	size_t fit = MAGAZINE_BYTES / pool_class_bytes(class);

	return fit < 1 ? 1 : fit > POOL_MAGAZINE_MAX ? POOL_MAGAZINE_MAX : (uint32_t)fit;
}

/* Address space only; what is used of it is made accessible piece by piece. Lock held. */
static void range_reserve(void)
{
	char *range = mmap(NULL, RANGE + MEMORY_HUGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (range == MAP_FAILED)
		memory_exhausted(RANGE);
	pool_range = range + -(uintptr_t)range % MEMORY_HUGE;
}

static struct pool_cache *cache_create(void)
{
	struct pool_cache *cache = memory_map(sizeof(*cache));
	unsigned int index = atomic_load_explicit(&pool.cache_count, memory_order_relaxed);

	if (!pool_range)
		range_reserve();
	if (index == POOL_CACHES_MAX)
		memory_exhausted(sizeof(*cache));
	for (unsigned int class = 0; class < POOL_CLASSES; class ++)
		cache->bins[class].full = magazine_full(class);
	cache->index = (uint16_t)index;
	pool.caches[index] = cache;
	atomic_store_explicit(&pool.cache_count, index + 1, memory_order_release);
	return cache;
}

struct pool_cache *pool_cache_new(void)
{
	lock_take(&pool.lock);
	struct pool_cache *cache = pool.unused;
	if (cache)
		pool.unused = cache->next;
	else
		cache = cache_create();
	lock_drop(&pool.lock);
	return cache;
}

void pool_cache_free(struct pool_cache *cache)
{
	if (!cache)
		return;
	lock_take(&pool.lock);
	cache->next = pool.unused;
	pool.unused = cache;
	lock_drop(&pool.lock);
}

/*
 * New memory for one class of one owner. Huge pages, as the best allocators use them too: under a deep
 * queue of 16 KiB buffers they save a fifth of the time, and the limit must not be slower than what it limits.
 */
static void piece_renew(struct pool_cache *cache, struct pool_piece *piece, size_t bytes)
{
	bool small = bytes < SMALL_BYTES && !piece->end;
	size_t unit = small ? GRANULE : MEMORY_HUGE, size = (bytes + unit - 1) & ~(unit - 1);

	lock_take(&pool.lock);
	size_t start = (pool.range_used + unit - 1) & ~(unit - 1);
	if (start + size > RANGE)
		memory_exhausted(size);
	pool.range_used = start + size;
	lock_drop(&pool.lock);
	piece->at = pool_range + start;
	piece->end = piece->at + size;
	if (mprotect(piece->at, size, PROT_READ | PROT_WRITE) < 0)
		memory_exhausted(size);
	madvise(piece->at, size, small ? MADV_NOHUGEPAGE : MADV_HUGEPAGE); /* advice: may fail */
	for (size_t i = start >> POOL_GRANULE_SHIFT; i < (start + size) >> POOL_GRANULE_SHIFT; i++)
		pool_owners[i] = cache->index;
}

/* Each part on its own cache lines. */
static void *carve(struct pool_cache *cache, struct pool_piece *piece, size_t bytes)
{
	bytes = (bytes + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
	if ((size_t)(piece->end - piece->at) < bytes)
		piece_renew(cache, piece, bytes);
	void *part = piece->at;
	piece->at += bytes;
	return part;
}

static struct pool_magazine *pop(struct pool_magazine **list)
{
	struct pool_magazine *magazine = *list;

	if (magazine)
		*list = magazine->next;
	return magazine;
}

static void push(struct pool_magazine **list, struct pool_magazine *magazine)
{
	magazine->next = *list;
	*list = magazine;
}

/* An empty one: new memory is zero. */
static struct pool_magazine *magazine_new(struct pool_cache *cache)
{
	return carve(cache, &cache->magazines, sizeof(struct pool_magazine));
}

static void bin_begin(struct pool_cache *cache, struct pool_bin *bin)
{
	bin->active = magazine_new(cache);
	bin->spare = magazine_new(cache);
}

static void bin_swap(struct pool_bin *bin)
{
	struct pool_magazine *active = bin->active;

	bin->active = bin->spare;
	bin->spare = active;
}

/* Swaps the empty magazine for a full one of a home; NULL if the home has no full one. */
static struct pool_magazine *home_take(struct pool_home *home, struct pool_magazine *empty)
{
	lock_take(&home->lock);
	struct pool_magazine *full = pop(&home->full);
	if (full)
		push(&home->empty, empty);
	lock_drop(&home->lock);
	return full;
}

/* Prefers its own buffers, then others': memory in use already is better than new memory. */
static struct pool_magazine *find_full(struct pool_cache *cache, unsigned int class,
				       struct pool_magazine *empty)
{
	struct pool_magazine *full = home_take(&cache->homes[class], empty);
	unsigned int count = atomic_load_explicit(&pool.cache_count, memory_order_acquire);

	for (unsigned int i = 1; !full && i < count; i++) {
		unsigned int other = (cache->index + i) % count;
		full = home_take(&pool.caches[other]->homes[class], empty);
	}
	return full;
}

void pool_refill(struct pool_cache *cache, unsigned int class)
{
	struct pool_bin *bin = &cache->bins[class];

	if (!bin->active)
		bin_begin(cache, bin);
	if (bin->spare->count) {
		bin_swap(bin);
		return;
	}
	struct pool_magazine *full = find_full(cache, class, bin->active);
	if (full)
		bin->active = full;
	else
		bin->active->buffers[bin->active->count++] =
			carve(cache, &bin->piece, pool_class_bytes(class));
}

/* Puts a full magazine into a home; returns an empty one that lay there, or NULL. */
static struct pool_magazine *home_exchange(struct pool_home *home, struct pool_magazine *full)
{
	lock_take(&home->lock);
	push(&home->full, full);
	struct pool_magazine *empty = pop(&home->empty);
	lock_drop(&home->lock);
	return empty;
}

void pool_drain(struct pool_cache *cache, unsigned int class)
{
	struct pool_bin *bin = &cache->bins[class];

	if (!bin->active) {
		bin_begin(cache, bin);
		return;
	}
	if (bin->spare->count) {
		struct pool_magazine *empty = home_exchange(&cache->homes[class], bin->spare);
		bin->spare = empty ? empty : magazine_new(cache);
	}
	bin_swap(bin);
}

void pool_free_foreign(struct pool_cache *cache, void *p, unsigned int class)
{
	unsigned int owner = pool_owners[(size_t)((char *)p - pool_range) >> POOL_GRANULE_SHIFT];
	struct pool_bin *bin = &cache->bins[class];

	if (!bin->outgoing)
		bin->outgoing = memory_map(POOL_CACHES_MAX * sizeof(*bin->outgoing));
	struct pool_magazine *magazine = bin->outgoing[owner];
	if (!magazine)
		magazine = bin->outgoing[owner] = magazine_new(cache);
	magazine->buffers[magazine->count++] = p;
	if (magazine->count == bin->full)
		bin->outgoing[owner] = home_exchange(&pool.caches[owner]->homes[class], magazine);
}
