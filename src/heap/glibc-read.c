/* SPDX-License-Identifier: MIT */
#include "heap/glibc-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

/* A program that runs changes its heap under the walk: a piece is walked again, up to so often, where bytes were skipped. */
enum { WALKS = 3, HEAPS_MAX = 65536 };

/*
 * Largest heaps of secondary arenas, to which they are aligned: HEAP_MAX_SIZE, and four huge pages with
 * glibc.malloc.hugetlb=2 (2.35): of 2 MiB, 1 GiB, and of aarch64.
 */
static const uint64_t heap_sizes[] = { 64ULL << 20,  8ULL << 20, 4ULL << 30,
				       128ULL << 20, 2ULL << 30, 256ULL << 10 };

struct glibc_reader {
	const struct heap_memory *memory;
	const struct heap_area *areas;
	size_t area_count;
	struct heap_window window;
	struct heap_cache cache;
	struct glibc_set fast, caches;
	struct glibc_heap *heap;
	size_t heaps; /* of secondary arenas, in all */
};

static const struct heap_area *area_of(const struct glibc_reader *reader, uint64_t address)
{
	for (size_t i = 0; i < reader->area_count; i++)
		if (address >= reader->areas[i].start && address < reader->areas[i].end)
			return &reader->areas[i];
	return NULL;
}

/* Where the mappings beside each other end, which the area begins: a heap is in parts where madvise(2) marked some of it. */
static uint64_t end_of(const struct glibc_reader *reader, const struct heap_area *area)
{
	const struct heap_area *last = area, *stop = reader->areas + reader->area_count;

	while (last + 1 < stop && last[1].start == last->end && last[1].is_brk == area->is_brk &&
	       last[1].writable && last[1].is_private)
		last++;
	return last->end;
}

static void walk_piece(struct glibc_reader *reader, const struct glibc_piece *piece)
{
	struct glibc_heap *best = NULL;
	struct glibc_set best_caches = { 0 };

	for (unsigned int i = 0; i < WALKS; i++) {
		struct glibc_heap *heap = xmalloc(sizeof(*heap));
		struct glibc_set caches = { 0 };

		memset(heap, 0, sizeof(*heap));
		glibc_walk(&reader->window, piece, &reader->fast, heap, &caches);
		if (!best || heap->skipped_bytes < best->skipped_bytes) {
			struct glibc_heap *worse = best;
			struct glibc_set worse_caches = best_caches;

			best = heap;
			best_caches = caches;
			heap = worse;
			caches = worse_caches;
		}
		free(heap);
		free(caches.items);
		if (!best->skipped_bytes || !heap_memory_has_time(reader->memory))
			break;
	}
	struct glibc_heap *all = reader->heap;
	for (size_t i = 0; i < GLIBC_CLASSES; i++) {
		struct glibc_class *to = &all->classes[i];
		const struct glibc_class *from = &best->classes[i];

		to->live += from->live;
		to->live_bytes += from->live_bytes;
		to->free += from->free;
		to->free_bytes += from->free_bytes;
		to->held_bytes += from->held_bytes;
	}
	all->heaps++;
	all->walked_bytes += best->walked_bytes;
	all->skipped_bytes += best->skipped_bytes;
	all->live += best->live;
	all->live_bytes += best->live_bytes;
	all->free += best->free;
	all->free_bytes += best->free_bytes;
	all->fastbin += best->fastbin;
	all->fastbin_bytes += best->fastbin_bytes;
	all->top_bytes += best->top_bytes;
	all->trim_bytes += best->trim_bytes;
	all->other_top_bytes += best->other_top_bytes;
	all->large_bytes += best->large_bytes;
	all->held_bytes += best->held_bytes;
	all->out_of_time = all->out_of_time || best->out_of_time;
	for (size_t i = 0; i < best_caches.count; i++)
		*ARRAY_PUSH(reader->caches.items, reader->caches.count, reader->caches.alloc) =
			best_caches.items[i];
	free(best_caches.items);
	free(best);
}

/* The main arena grows by brk(2); where that failed, by mmap(2), where its top then is. */
static void read_main(struct glibc_reader *reader, const struct glibc_arena *arena,
		      const struct glibc_place *place)
{
	const struct heap_area *brk_area = NULL, *top_area = area_of(reader, arena->top);

	for (size_t i = 0; i < reader->area_count && !brk_area; i++)
		if (reader->areas[i].is_brk)
			brk_area = &reader->areas[i];
	uint64_t brk_end = brk_area ? end_of(reader, brk_area) : 0;
	bool top_in_brk = brk_area && arena->top >= brk_area->start && arena->top < brk_end;
	if (brk_area) {
		uint64_t base = place->has_parameters ? place->sbrk_base : brk_area->start;
		const struct glibc_piece piece = {
			.start = (base + GLIBC_ALIGNMENT - 1) & ~(uint64_t)(GLIBC_ALIGNMENT - 1),
			.end = brk_end,
			.is_main = true,
			.has_top = top_in_brk,
			.bins = arena->bins,
			.knows_start = place->has_parameters,
		};
		walk_piece(reader, &piece);
	}
	if (top_in_brk || !top_area || !top_area->writable || top_area->is_file)
		return;
	const struct glibc_piece piece = {
		.start = top_area->start,
		.end = top_area->end,
		.is_main = true,
		.has_top = true,
		.bins = arena->bins,
	};
	walk_piece(reader, &piece);
}

struct heap_head {
	uint64_t arena, previous, size;
};

/* The head of the heap that an address lies in. False: there is none of this arena. */
static bool find_heap(const struct glibc_reader *reader, const struct glibc_arena *arena,
		      uint64_t address, uint64_t *ret_start, struct heap_head *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(heap_sizes); i++) {
		uint64_t start = address & ~(heap_sizes[i] - 1);
		const struct heap_memory *memory = reader->memory;

		if (memory->read(memory->context, start, ret, sizeof(*ret)) == 0 &&
		    ret->arena == arena->address && ret->size <= heap_sizes[i] &&
		    address - start < ret->size) {
			*ret_start = start;
			return true;
		}
	}
	return false;
}

/* Its heaps, from the last one, which has the top, to the first, in which the arena itself lies. */
static void read_secondary(struct glibc_reader *reader, const struct glibc_arena *arena)
{
	uint64_t address = arena->top, start,
		 header_bytes = arena->address & (reader->memory->page_bytes - 1);
	bool is_last = true;
	struct heap_head head;

	while (reader->heaps < HEAPS_MAX && find_heap(reader, arena, address, &start, &head)) {
		bool is_first = (arena->address & ~(reader->memory->page_bytes - 1)) == start;
		/* Behind the arena, aligned; in further heaps behind the head alone. */
		uint64_t first = is_first ? arena->bins + GLIBC_MOST_SYSTEM_AFTER_BINS + 8
					  : start + header_bytes;
		const struct glibc_piece piece = {
			.start = (first + GLIBC_ALIGNMENT - 1) & ~(uint64_t)(GLIBC_ALIGNMENT - 1),
			.end = start + head.size,
			.has_top = is_last,
			.bins = arena->bins,
			.knows_start = true,
		};
		if (piece.start < piece.end)
			walk_piece(reader, &piece);
		reader->heaps++;
		/* A chain that leads in a circle ends at HEAPS_MAX, or with the time. */
		if (!head.previous || head.previous == start ||
		    !heap_memory_has_time(reader->memory))
			break;
		address = head.previous;
		is_last = false;
	}
}

static uint64_t resident_free(const struct glibc_heap *heap)
{
	return heap->trim_bytes + heap->other_top_bytes + heap->held_bytes;
}

static void read_arenas(struct glibc_reader *reader, const struct glibc_place *place)
{
	struct glibc_heap *heap = reader->heap;

	for (size_t i = 0; i < place->count; i++) {
		const struct glibc_arena *arena = &place->arenas[i];
		uint64_t before = resident_free(heap);

		if (!arena->system_bytes)
			continue;
		if (!heap_memory_has_time(reader->memory)) {
			heap->out_of_time = true;
			break;
		}
		heap->arenas++;
		heap->system_bytes += arena->system_bytes;
		reader->fast.count = 0;
		heap_cache_forget(&reader->cache);
		glibc_fastbins(&reader->cache, arena, &reader->fast);
		glibc_set_sort(&reader->fast);
		if (arena->is_main)
			read_main(reader, arena, place);
		else
			read_secondary(reader, arena);
		if (arena->is_main)
			continue;
		heap->secondary_bytes += resident_free(heap) - before;
		if (arena->attached)
			continue;
		heap->idle_arenas++;
		heap->idle_arena_bytes += resident_free(heap) - before;
	}
	heap_cache_forget(&reader->cache);
	for (size_t i = 0; i + 1 < reader->caches.count && heap_memory_has_time(reader->memory);
	     i += 2)
		(void)glibc_tcache(&reader->cache, reader->caches.items[i],
				   reader->caches.items[i + 1], heap);
	heap->resident_free_bytes = resident_free(heap);
}

int glibc_heap_read(const struct heap_memory *memory, const struct heap_area *areas,
		    size_t area_count, struct glibc_heap *ret)
{
	struct glibc_place place;
	struct glibc_reader reader = {
		.memory = memory,
		.areas = areas,
		.area_count = area_count,
		.heap = ret,
	};

	memset(ret, 0, sizeof(*ret));
	bool found = glibc_find(memory, areas, area_count, &place);
	_cleanup_free_ struct glibc_arena *arenas = place.arenas;
	if (!found)
		return -ENOENT;
	ret->has_parameters = place.has_parameters;
	ret->has_dynamic_threshold = place.has_dynamic_threshold;
	ret->mmapped = place.mmapped;
	ret->mmapped_bytes = place.mmapped_bytes;
	ret->mmap_threshold = place.mmap_threshold;
	ret->trim_threshold = place.trim_threshold;
	heap_window_init(&reader.window, memory);
	heap_cache_init(&reader.cache, memory);
	read_arenas(&reader, &place);
	heap_window_release(&reader.window);
	heap_cache_release(&reader.cache);
	free(reader.fast.items);
	free(reader.caches.items);
	if (!ret->arenas)
		return -ENOENT;
	/* Heads that point to one another may count a piece twice. */
	return ret->walked_bytes > ret->system_bytes + ret->system_bytes / 2 + (64ULL << 20)
		       ? -EBADMSG
		       : 0;
}
