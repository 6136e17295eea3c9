/* SPDX-License-Identifier: MIT */
#include "heap/glibc-internal.h"

#include <string.h>

#include "base/array.h"

enum {
	CHAIN = 16,          /* headers that must follow each other for a walk to take up again */
	MIX = 48,            /* classes on one page; a page has room for 128 chunks */
	CACHES_MAX = 262144, /* chunks that may hold a thread's cache */
	/* mtrim(): what stays of a free chunk that is given back. */
	CHUNK_STRUCT = 48,
};

/* Places that are tried before a piece is given up. */
#define TRIES (32u << 20)
#define CLOCK_EVERY 65536

/* The page at which the walk is: what holds it, and what is free on it. */
struct page_mix {
	uint64_t page; /* its address */
	uint64_t free_bytes, live_bytes;
	struct {
		size_t class;
		uint64_t bytes;
	} items[MIX];
	size_t count;
};

struct glibc_walker {
	struct heap_window *window;
	const struct glibc_piece *piece;
	const struct glibc_set *fast;
	size_t fast_at; /* the first in the set that is not before the walk */
	struct glibc_heap *heap;
	struct glibc_set *caches;
	struct page_mix mix;
	uint64_t run_start, run_end; /* free chunks beside each other */
	uint64_t top;
	uint64_t tries;
};

/* Shares the free bytes of a page out among the classes that hold it. */
static void close_page(struct glibc_walker *walk)
{
	struct page_mix *mix = &walk->mix;

	if (mix->free_bytes && mix->live_bytes) {
		walk->heap->held_bytes += mix->free_bytes;
		for (size_t i = 0; i < mix->count; i++)
			walk->heap->classes[mix->items[i].class].held_bytes +=
				mix->free_bytes * mix->items[i].bytes / mix->live_bytes;
	}
	mix->count = 0;
	mix->free_bytes = mix->live_bytes = 0;
}

static void enter_page(struct glibc_walker *walk, uint64_t page)
{
	if (walk->mix.page == page)
		return;
	close_page(walk);
	walk->mix.page = page;
}

static void hold_page(struct glibc_walker *walk, uint64_t page, size_t class, uint64_t bytes)
{
	struct page_mix *mix = &walk->mix;
	size_t i = 0;

	enter_page(walk, page);
	mix->live_bytes += bytes;
	while (i < mix->count && mix->items[i].class != class)
		i++;
	if (i == MIX)
		i--;
	else if (i == mix->count)
		mix->items[mix->count++].class = class, mix->items[i].bytes = 0;
	mix->items[i].bytes += bytes;
}

/* Only the first and the last page of a range may hold something else as well. */
static void hold_range(struct glibc_walker *walk, uint64_t start, uint64_t end, size_t class)
{
	uint64_t page_bytes = walk->window->memory->page_bytes, mask = ~(page_bytes - 1);
	uint64_t first = start & mask, last = (end - 1) & mask;

	if (first == last) {
		hold_page(walk, first, class, end - start);
		return;
	}
	hold_page(walk, first, class, first + page_bytes - start);
	hold_page(walk, last, class, end - last);
}

static void free_on_page(struct glibc_walker *walk, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	enter_page(walk, start & ~(walk->window->memory->page_bytes - 1));
	walk->mix.free_bytes += end - start;
}

/*
 * What is free from start to end: whole pages behind the header could be given back, if they are resident. The
 * rest lies on the pages of its neighbours.
 */
static uint64_t give_back(struct glibc_walker *walk, uint64_t start, uint64_t end)
{
	const struct heap_memory *memory = walk->window->memory;
	uint64_t mask = ~(memory->page_bytes - 1);
	uint64_t first = (start + CHUNK_STRUCT + ~mask) & mask, last = end & mask;
	uint64_t border = (start & mask) - mask;

	if (first >= last) {
		free_on_page(walk, start, end < border ? end : border);
		/* A page that the header reaches into, and that is free otherwise. */
		if (border < last) {
			walk->heap->held_bytes += last - border;
			border = last;
		}
		free_on_page(walk, border, end);
		return 0;
	}
	free_on_page(walk, start, border);
	/* The header reached into a further page, which it holds alone. */
	if (border < first)
		walk->heap->held_bytes += first - border;
	uint64_t resident = heap_memory_resident(memory, first, last);
	free_on_page(walk, last, end);
	return resident;
}

/* DEFAULT_MMAP_THRESHOLD, DEFAULT_TRIM_THRESHOLD: under these such a piece may go back by itself. */
static void add_large(struct glibc_walker *walk, uint64_t resident_bytes)
{
	if (resident_bytes >= 128 * 1024)
		walk->heap->large_bytes += resident_bytes;
}

static void close_run(struct glibc_walker *walk)
{
	if (walk->run_start < walk->run_end) {
		uint64_t resident = give_back(walk, walk->run_start, walk->run_end);

		walk->heap->trim_bytes += resident;
		add_large(walk, resident);
	}
	walk->run_start = walk->run_end = 0;
}

static void add_free(struct glibc_walker *walk, uint64_t chunk, uint64_t size, bool is_fast)
{
	struct glibc_class *class = &walk->heap->classes[glibc_class_of(size)];

	class->free++;
	class->free_bytes += size;
	*(is_fast ? &walk->heap->fastbin : &walk->heap->free) += 1;
	*(is_fast ? &walk->heap->fastbin_bytes : &walk->heap->free_bytes) += size;
	if (walk->run_end != chunk) {
		close_run(walk);
		walk->run_start = chunk;
	}
	walk->run_end = chunk + size;
}

static void add_live(struct glibc_walker *walk, uint64_t chunk, uint64_t size)
{
	size_t index = glibc_class_of(size);
	struct glibc_class *class = &walk->heap->classes[index];

	close_run(walk);
	class->live++;
	class->live_bytes += size;
	walk->heap->live++;
	walk->heap->live_bytes += size;
	hold_range(walk, chunk, chunk + size, index);
	if (glibc_may_be_tcache(size) && walk->caches->count < CACHES_MAX) {
		*ARRAY_PUSH(walk->caches->items, walk->caches->count, walk->caches->alloc) = chunk;
		*ARRAY_PUSH(walk->caches->items, walk->caches->count, walk->caches->alloc) = size;
	}
}

/* systrim() gives back whole pages from the end, and keeps a chunk of the least size. */
static void add_top(struct glibc_walker *walk, uint64_t chunk, uint64_t size)
{
	uint64_t resident;

	/* A fastbin chunk or a free one before it becomes part of it. */
	if (walk->run_end == chunk && walk->run_start < chunk) {
		resident = give_back(walk, walk->run_start, chunk + size);
		walk->run_start = walk->run_end = 0;
	} else {
		close_run(walk);
		resident = give_back(walk, chunk, chunk + size);
	}
	add_large(walk, resident);
	walk->heap->top_bytes += size;
	*(walk->piece->is_main ? &walk->heap->trim_bytes : &walk->heap->other_top_bytes) +=
		resident;
}

static bool is_size(uint64_t size)
{
	return size >= GLIBC_LEAST_CHUNK && size % GLIBC_ALIGNMENT == 0;
}

static bool is_fast(struct glibc_walker *walk, uint64_t chunk)
{
	const struct glibc_set *fast = walk->fast;

	while (walk->fast_at < fast->count && fast->items[walk->fast_at] < chunk)
		walk->fast_at++;
	return walk->fast_at < fast->count && fast->items[walk->fast_at] == chunk;
}

/* Whether a chain of chunks begins there: sizes that lead to the next, and free chunks whose size stands at their end too. */
static bool is_chain(const struct glibc_walker *walk, uint64_t chunk)
{
	for (unsigned int i = 0; i < CHAIN; i++) {
		uint64_t size, next_size, footer;

		if (!heap_window_peek(walk->window, chunk + 8, &size))
			return false;
		uint64_t bytes = size & ~GLIBC_FLAGS;
		if (!is_size(bytes) || bytes > walk->piece->end - chunk)
			return false;
		if (chunk == walk->top ||
		    (chunk + bytes == walk->piece->end && walk->piece->has_top))
			return true;
		uint64_t next = chunk + bytes;
		if (next + 16 > walk->piece->end ||
		    !heap_window_peek(walk->window, next + 8, &next_size) ||
		    !heap_window_peek(walk->window, next, &footer))
			return false;
		if (!(next_size & GLIBC_PREVIOUS_IN_USE) && footer != bytes)
			return false;
		chunk = next;
	}
	return true;
}

/* Finds where the walk can take up again, behind `from`. The end of the piece where it cannot. */
static uint64_t take_up(struct glibc_walker *walk, uint64_t from)
{
	for (uint64_t chunk = from; chunk + GLIBC_LEAST_CHUNK <= walk->piece->end;
	     chunk += GLIBC_ALIGNMENT) {
		uint64_t size;

		if (++walk->tries > TRIES ||
		    (walk->tries % CLOCK_EVERY == 0 && !heap_memory_has_time(walk->window->memory)))
			break;
		/* Moves the window, which the chain only looks at. */
		if (!heap_window_word(walk->window, chunk + 8, &size))
			break;
		if (is_size(size & ~GLIBC_FLAGS) && is_chain(walk, chunk))
			return chunk;
	}
	return walk->piece->end;
}

static void read_top(struct glibc_walker *walk)
{
	if (!heap_memory_word(walk->window->memory, walk->piece->bins - GLIBC_TOP_BEFORE_BINS,
			      &walk->top))
		walk->top = 0;
}

enum step { STEP_ON, STEP_END, STEP_LOST };

/* One chunk; moves on to the next. */
static enum step step(struct glibc_walker *walk, uint64_t *chunk)
{
	const struct glibc_piece *piece = walk->piece;
	uint64_t size, next_size;

	if (piece->end - *chunk < GLIBC_FENCE)
		return STEP_END;
	if (!heap_window_word(walk->window, *chunk + 8, &size))
		return STEP_LOST;
	uint64_t bytes = size & ~GLIBC_FLAGS;
	/* The top moves while the program allocates. */
	if (*chunk >= walk->top && piece->has_top)
		read_top(walk);
	if (piece->has_top && is_size(bytes) && bytes <= piece->end - *chunk &&
	    (*chunk == walk->top || *chunk + bytes == piece->end)) {
		add_top(walk, *chunk, bytes);
		walk->heap->walked_bytes += bytes;
		*chunk += bytes;
		return STEP_END;
	}
	/* The end of a piece: a header of 16 bytes, and one of none. */
	if (!piece->has_top && (bytes == 0 || bytes == GLIBC_FENCE) &&
	    piece->end - *chunk <= 2 * GLIBC_FENCE) {
		walk->heap->walked_bytes += piece->end - *chunk;
		*chunk = piece->end;
		return STEP_END;
	}
	if (!is_size(bytes) || bytes > piece->end - *chunk ||
	    (*chunk + bytes < piece->end &&
	     !heap_window_word(walk->window, *chunk + bytes + 8, &next_size)))
		return STEP_LOST;
	if (*chunk + bytes >= piece->end)
		next_size = GLIBC_PREVIOUS_IN_USE;
	bool fast = (next_size & GLIBC_PREVIOUS_IN_USE) && is_fast(walk, *chunk);
	if (fast || !(next_size & GLIBC_PREVIOUS_IN_USE))
		add_free(walk, *chunk, bytes, fast);
	else
		add_live(walk, *chunk, bytes);
	walk->heap->walked_bytes += bytes;
	*chunk += bytes;
	return STEP_ON;
}

void glibc_walk(struct heap_window *window, const struct glibc_piece *piece,
		const struct glibc_set *fast, struct glibc_heap *ret, struct glibc_set *caches)
{
	struct glibc_walker walk = {
		.window = window,
		.piece = piece,
		.fast = fast,
		.heap = ret,
		.caches = caches,
	};
	uint64_t chunk = piece->start, steps = 0;

	heap_window_forget(window);
	if (piece->has_top)
		read_top(&walk);
	if (!piece->knows_start)
		chunk = take_up(&walk, chunk);
	while (chunk < piece->end) {
		if (++steps % CLOCK_EVERY == 0 && !heap_memory_has_time(window->memory)) {
			ret->out_of_time = true;
			break;
		}
		enum step did = step(&walk, &chunk);
		if (did == STEP_END)
			break;
		if (did == STEP_ON)
			continue;
		close_run(&walk);
		uint64_t again = take_up(&walk, chunk + GLIBC_ALIGNMENT), size = 0;
		/* Behind a fence in the main arena lies what others took by sbrk(2). */
		if (!heap_window_peek(window, chunk + 8, &size) ||
		    (size & ~GLIBC_FLAGS) != GLIBC_FENCE)
			ret->skipped_bytes += again - chunk;
		chunk = again;
	}
	close_run(&walk);
	close_page(&walk);
	ret->heaps++;
}
