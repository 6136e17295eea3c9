/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "memory.h"
#include "runtime/lock.h"

/* A magazine is worth a lock, but must not keep more than this of warm memory from other threads. */
enum { MAGAZINE_BYTES = 128 * 1024 };
/* New memory comes from the kernel in pieces of at least this. */
enum { PIECE_BYTES = 1024 * 1024 };

/* Memory that is handed out front to back and never taken back. */
struct piece {
	char *at, *end;
};

/* What the threads share, for one class. */
struct depot {
	CACHE_APART struct lock lock;
	struct pool_magazine *full, *empty; /* newest first */
	struct piece buffers, magazines;
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

	return fit < 1 ? 1 : fit > POOL_MAGAZINE_MAX ? POOL_MAGAZINE_MAX : (uint32_t)fit;
}

struct pool_cache *pool_cache_new(void)
{
	struct pool_cache *cache = memory_map(sizeof(*cache));

	for (unsigned int class = 0; class < POOL_CLASSES; class ++)
		cache->bins[class].full = magazine_full(class);
	return cache;
}

void pool_cache_free(struct pool_cache *cache)
{
	if (cache)
		memory_unmap(cache, sizeof(*cache));
}

/* Each part on its own cache lines; `piece_bytes` at a time from the kernel. */
static void *carve(struct piece *piece, size_t bytes, size_t piece_bytes)
{
	bytes = (bytes + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
	if ((size_t)(piece->end - piece->at) < bytes) {
		piece_bytes = bytes > piece_bytes ? bytes : piece_bytes;
		piece->at = memory_map(piece_bytes);
		piece->end = piece->at + piece_bytes;
	}
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

/* Called with the lock held. New mappings are zero: an empty magazine. */
static struct pool_magazine *take_empty(struct depot *depot)
{
	struct pool_magazine *magazine = pop(&depot->empty);

	return magazine ? magazine : carve(&depot->magazines, sizeof(*magazine), 64 * 1024);
}

static void bin_begin(struct pool_bin *bin, unsigned int class)
{
	struct depot *depot = &depots[class];

	lock_take(&depot->lock);
	bin->active = take_empty(depot);
	bin->spare = take_empty(depot);
	lock_drop(&depot->lock);
}

static void bin_swap(struct pool_bin *bin)
{
	struct pool_magazine *active = bin->active;

	bin->active = bin->spare;
	bin->spare = active;
}

void pool_refill(struct pool_bin *bin, unsigned int class)
{
	struct depot *depot = &depots[class];

	if (!bin->active)
		bin_begin(bin, class);
	if (bin->spare->count) {
		bin_swap(bin);
		return;
	}
	lock_take(&depot->lock);
	struct pool_magazine *full = pop(&depot->full);
	if (full) {
		push(&depot->empty, bin->active);
		bin->active = full;
	} else {
		bin->active->buffers[bin->active->count++] =
			carve(&depot->buffers, pool_class_bytes(class), PIECE_BYTES);
	}
	lock_drop(&depot->lock);
}

void pool_drain(struct pool_bin *bin, unsigned int class)
{
	struct depot *depot = &depots[class];

	if (!bin->active) {
		bin_begin(bin, class);
		return;
	}
	if (bin->spare->count) {
		lock_take(&depot->lock);
		push(&depot->full, bin->spare);
		bin->spare = take_empty(depot);
		lock_drop(&depot->lock);
	}
	bin_swap(bin);
}
