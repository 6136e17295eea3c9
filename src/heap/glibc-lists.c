/* SPDX-License-Identifier: MIT */
#include "heap/glibc-internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Blocks in lists, of all arenas and of one thread's cache. */
enum { SET_MAX = 8 << 20, CACHE_MAX = 1 << 20 };

/* Forms of struct tcache_perthread_struct: 2.26, 2.30, 2.42. */
static const struct tcache_form {
	uint64_t chunk_bytes;
	size_t count_bytes; /* of each count */
	size_t bins;
} forms[] = {
	{ 0x250, 1, 64 },
	{ 0x290, 2, 64 },
	{ 0x300, 2, 76 },
};

/*
 * Bins of one size each. Those behind are of large blocks (2.42), empty unless glibc.malloc.tcache_max was raised; what
 * they hold counts as live.
 */
enum { SMALL_BINS = 64, LARGEST_FORM = 0x300 };

static uint64_t size_of(struct heap_cache *cache, uint64_t chunk)
{
	uint64_t size;

	return heap_cache_word(cache, chunk + 8, &size) ? size & ~GLIBC_FLAGS : 0;
}

/*
 * The next block of a list. `at` is where the pointer is stored: since 2.32 it is masked by its own place. Pointers are
 * to chunks in fastbins and 16 bytes further in caches, `shift`. 0: the end.
 */
static uint64_t next_of(struct heap_cache *cache, uint64_t at, uint64_t shift, uint64_t bytes)
{
	uint64_t word;

	if (!heap_cache_word(cache, at, &word))
		return 0;
	const uint64_t ways[] = { word ^ (at >> 12), word };
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (ways[i] && ways[i] % GLIBC_ALIGNMENT == 0 &&
		    size_of(cache, ways[i] - shift) == bytes)
			return ways[i];
	return 0;
}

void glibc_fastbins(struct heap_cache *cache, const struct glibc_arena *arena,
		    struct glibc_set *ret)
{
	uint64_t first = arena->bins - GLIBC_FASTBINS_BEFORE_BINS;

	for (size_t i = 0; arena->has_fastbins && i < GLIBC_FASTBINS; i++) {
		uint64_t bytes = GLIBC_LEAST_CHUNK + GLIBC_ALIGNMENT * i, chunk;

		if (!heap_cache_word(cache, first + 8 * i, &chunk) || !chunk ||
		    chunk % GLIBC_ALIGNMENT || size_of(cache, chunk) != bytes)
			continue;
		/* A list that was tampered with may lead in a circle: Brent's watch. */
		uint64_t seen = 0, steps = 0, power = 1;
		while (chunk && chunk != seen && ret->count < SET_MAX &&
		       (steps % 1024 || heap_memory_has_time(cache->memory))) {
			*ARRAY_PUSH(ret->items, ret->count, ret->alloc) = chunk;
			if (++steps == power) {
				power *= 2;
				seen = chunk;
			}
			chunk = next_of(cache, chunk + 16, 0, bytes);
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void glibc_set_sort(struct glibc_set *set)
{
	size_t kept = 0;

	if (set->count)
		qsort(set->items, set->count, sizeof(*set->items), compare);
	for (size_t i = 0; i < set->count; i++)
		if (!kept || set->items[kept - 1] != set->items[i])
			set->items[kept++] = set->items[i];
	set->count = kept;
}

static const struct tcache_form *form_of(uint64_t chunk_bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].chunk_bytes == chunk_bytes)
			return &forms[i];
	return NULL;
}

bool glibc_may_be_tcache(uint64_t chunk_bytes)
{
	return form_of(chunk_bytes) != NULL;
}

/* The blocks of one bin; 0 where its first one is none of that size. */
static uint64_t count_bin(struct heap_cache *cache, uint64_t block, uint64_t bytes, uint64_t most)
{
	uint64_t count = 0;

	if (block % GLIBC_ALIGNMENT || size_of(cache, block - 16) != bytes)
		return 0;
	while (block && count < most) {
		count++;
		block = next_of(cache, block, 16, bytes);
	}
	return count;
}

static void move_to_cached(struct glibc_heap *heap, uint64_t bytes, uint64_t count)
{
	struct glibc_class *class = &heap->classes[glibc_class_of(bytes)];

	/* What was not walked as live cannot be taken from there. */
	if (count > class->live)
		count = class->live;
	uint64_t all = count * bytes < class->live_bytes ? count * bytes : class->live_bytes;
	class->live -= count;
	class->live_bytes -= all;
	class->cached += count;
	class->cached_bytes += all;
	heap->live -= count;
	heap->live_bytes -= all;
	heap->tcache += count;
	heap->tcache_bytes += all;
}

bool glibc_tcache(struct heap_cache *cache, uint64_t chunk, uint64_t chunk_bytes,
		  struct glibc_heap *ret)
{
	const struct tcache_form *form = form_of(chunk_bytes);
	unsigned char bytes[LARGEST_FORM];
	uint64_t counts[SMALL_BINS] = { 0 }, all = 0;

	if (!form || cache->memory->read(cache->memory->context, chunk + 16, bytes,
					 form->chunk_bytes - 8) < 0)
		return false;
	/* All bins first, for one that cannot be one shows that this is something else. */
	for (size_t i = 0; i < form->bins; i++) {
		uint64_t first;

		memcpy(&first, bytes + form->bins * form->count_bytes + 8 * i, sizeof(first));
		if (!first)
			continue;
		if (first % GLIBC_ALIGNMENT)
			return false;
		if (i >= SMALL_BINS)
			continue;
		counts[i] = count_bin(cache, first, GLIBC_LEAST_CHUNK + GLIBC_ALIGNMENT * i,
				      CACHE_MAX - all);
		if (!counts[i])
			return false;
		all += counts[i];
	}
	for (size_t i = 0; i < SMALL_BINS; i++)
		if (counts[i])
			move_to_cached(ret, GLIBC_LEAST_CHUNK + GLIBC_ALIGNMENT * i, counts[i]);
	ret->tcaches += all > 0;
	return all > 0;
}
