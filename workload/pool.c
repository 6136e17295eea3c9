/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "memory.h"
#include "runtime/lock.h"

/* A magazine is worth a lock, but must not keep more than this of warm memory from other threads. */
enum { MAGAZINE_MAX = 32, MAGAZINE_BYTES = 128 * 1024 };
/* New memory comes from the kernel in pieces of at least this. */
enum { PIECE_BYTES = 1024 * 1024 };

/* What the threads share, for one class. Each has its own lines. */
struct depot {
	CACHE_APART struct lock lock;
	struct pool_buffer *magazines; /* full ones, newest first */
	char *piece, *piece_end;       /* memory not yet handed out */
};

static struct depot depots[POOL_CLASSES];

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

	return fit < 1 ? 1 : fit > MAGAZINE_MAX ? MAGAZINE_MAX : (uint32_t)fit;
}

struct pool_cache *pool_cache_new(void)
{
	struct pool_cache *cache = memory_map(sizeof(*cache));

	for (unsigned int class = 0; class < POOL_CLASSES; class++)
		cache->bins[class].full = magazine_full(class);
	return cache;
}

static void depot_put(unsigned int class, struct pool_buffer *magazine)
{
	struct depot *depot = &depots[class];

	lock_take(&depot->lock);
	magazine->magazine = depot->magazines;
	depot->magazines = magazine;
	lock_drop(&depot->lock);
}

/* A new buffer, each on its own cache lines. Called with the lock held. */
static struct pool_buffer *depot_carve(struct depot *depot, unsigned int class)
{
	size_t bytes = (pool_class_bytes(class) + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);

	if ((size_t)(depot->piece_end - depot->piece) < bytes) {
		size_t piece = bytes > PIECE_BYTES ? bytes : PIECE_BYTES;
		depot->piece = memory_map(piece);
		depot->piece_end = depot->piece + piece;
	}
	struct pool_buffer *buffer = (struct pool_buffer *)depot->piece;
	depot->piece += bytes;
	return buffer;
}

/* Makes the active magazine non-empty: the spare one, a full one of the depot, or one new buffer. */
void pool_refill(struct pool_bin *bin, unsigned int class)
{
	struct depot *depot = &depots[class];

	if (bin->spare.first) {
		bin->active = bin->spare;
		bin->spare = (struct pool_magazine){ NULL, 0 };
		return;
	}
	lock_take(&depot->lock);
	struct pool_buffer *first = depot->magazines;
	if (first) {
		depot->magazines = first->magazine;
		bin->active = (struct pool_magazine){ first, bin->full };
	} else {
		first = depot_carve(depot, class);
		first->next = NULL;
		bin->active = (struct pool_magazine){ first, 1 };
	}
	lock_drop(&depot->lock);
}

/* Makes room in the active magazine, which is full. */
void pool_drain(struct pool_bin *bin, unsigned int class)
{
	if (bin->spare.first)
		depot_put(class, bin->spare.first);
	bin->spare = bin->active;
	bin->active = (struct pool_magazine){ NULL, 0 };
}

void pool_cache_free(struct pool_cache *cache)
{
	if (cache)
		memory_unmap(cache, sizeof(*cache));
}
