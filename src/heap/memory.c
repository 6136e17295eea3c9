/* SPDX-License-Identifier: MIT */
#include "heap/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { LINES = 1024, LINE_BYTES = 16384 };

void heap_window_init(struct heap_window *window, const struct heap_memory *memory)
{
	*window = (struct heap_window){ .memory = memory, .bytes = xmalloc(HEAP_WINDOW_BYTES) };
}

void heap_window_release(struct heap_window *window)
{
	free(window->bytes);
	window->bytes = NULL;
}

void heap_window_forget(struct heap_window *window)
{
	window->len = 0;
}

static bool holds(const struct heap_window *window, uint64_t address)
{
	return window->len >= sizeof(uint64_t) && address >= window->start &&
	       address - window->start <= window->len - sizeof(uint64_t);
}

/* From a little before the address, as a header begins with the word before its size. */
static bool move_to(struct heap_window *window, uint64_t address)
{
	const struct heap_memory *memory = window->memory;
	uint64_t start = address & ~(memory->page_bytes - 1);

	/* Less at the end of a mapping: halves until it fits. */
	for (size_t len = HEAP_WINDOW_BYTES; len >= memory->page_bytes; len /= 2)
		if (start + len > start &&
		    memory->read(memory->context, start, window->bytes, len) == 0) {
			window->start = start;
			window->len = len;
			return holds(window, address);
		}
	window->len = 0;
	return false;
}

bool heap_window_word(struct heap_window *window, uint64_t address, uint64_t *ret)
{
	if (!holds(window, address) && !move_to(window, address))
		return heap_memory_word(window->memory, address, ret);
	memcpy(ret, window->bytes + (address - window->start), sizeof(*ret));
	return true;
}

bool heap_window_peek(const struct heap_window *window, uint64_t address, uint64_t *ret)
{
	if (!holds(window, address))
		return heap_memory_word(window->memory, address, ret);
	memcpy(ret, window->bytes + (address - window->start), sizeof(*ret));
	return true;
}

void heap_cache_init(struct heap_cache *cache, const struct heap_memory *memory)
{
	*cache = (struct heap_cache){
		.memory = memory,
		.starts = xcalloc(LINES, sizeof(uint64_t)),
		.lines = xcalloc(LINES, sizeof(cache->lines[0])),
	};
	heap_cache_forget(cache);
}

void heap_cache_release(struct heap_cache *cache)
{
	for (size_t i = 0; cache->lines && i < LINES; i++)
		free(cache->lines[i]);
	free(cache->lines);
	free(cache->starts);
	*cache = (struct heap_cache){ 0 };
}

void heap_cache_forget(struct heap_cache *cache)
{
	memset(cache->starts, 0xff, LINES * sizeof(uint64_t));
}

bool heap_cache_word(struct heap_cache *cache, uint64_t address, uint64_t *ret)
{
	uint64_t start = address & ~(uint64_t)(LINE_BYTES - 1);
	size_t line = start / LINE_BYTES % LINES;

	if (address % sizeof(*ret))
		return false;
	if (cache->starts[line] != start) {
		if (!cache->lines[line])
			cache->lines[line] = xmalloc(LINE_BYTES);
		cache->starts[line] = UINT64_MAX;
		/* A line that is mapped in part is not kept. */
		if (cache->memory->read(cache->memory->context, start, cache->lines[line],
					LINE_BYTES) < 0)
			return heap_memory_word(cache->memory, address, ret);
		cache->starts[line] = start;
	}
	memcpy(ret, cache->lines[line] + (address - start), sizeof(*ret));
	return true;
}

bool heap_memory_word(const struct heap_memory *memory, uint64_t address, uint64_t *ret)
{
	return address <= UINT64_MAX - sizeof(*ret) &&
	       memory->read(memory->context, address, ret, sizeof(*ret)) == 0;
}

uint64_t heap_memory_resident(const struct heap_memory *memory, uint64_t start, uint64_t end)
{
	uint64_t mask = memory->page_bytes - 1;

	if (start > UINT64_MAX - mask)
		return 0;
	start = (start + mask) & ~mask;
	end &= ~mask;
	return start < end ? memory->resident(memory->context, start, end) : 0;
}

bool heap_memory_has_time(const struct heap_memory *memory)
{
	return !memory->has_time || memory->has_time(memory->context);
}
