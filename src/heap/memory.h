/* SPDX-License-Identifier: MIT */
/*
 * heap/memory: how a reader of heaps sees another process's memory: as bytes at addresses, and as
 * pages that are resident or not. Behind it is /proc/PID (heap/process-memory), or a recording.
 *
 * What is read may be hostile, and may change between two reads.
 */
#ifndef MADVISOR_HEAP_MEMORY_H
#define MADVISOR_HEAP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_memory {
	/*
	 * Copies len bytes at an address. A page that is not resident reads as zeros and is not made
	 * resident. 0, or a negative errno where something of it is not mapped.
	 */
	int (*read)(void *context, uint64_t address, void *ret, size_t len);
	/* How many bytes of the pages in [start, end), both multiples of a page, are resident. */
	uint64_t (*resident)(void *context, uint64_t start, uint64_t end);
	/* Whether there is time left; NULL: always. */
	bool (*has_time)(void *context);
	void *context;
	uint64_t page_bytes; /* a power of two */
};

/* A mapping, as far as a reader of heaps needs it. */
struct heap_area {
	uint64_t start, end;
	bool writable;
	bool is_private;
	bool is_file; /* of a file, or it follows such a one without a gap: initialised and zeroed data */
	bool is_brk; /* "[heap]" */
};

enum { HEAP_WINDOW_BYTES = 1 << 20 };

/* A copy of a part of the memory, read at once, for walks in the order of addresses. */
struct heap_window {
	const struct heap_memory *memory;
	uint64_t start;
	size_t len; /* 0: nothing yet */
	unsigned char *bytes;
};

#define _cleanup_heap_window_ __attribute__((cleanup(heap_window_release)))

void heap_window_init(struct heap_window *window, const struct heap_memory *memory)
	__attribute__((nonnull));
void heap_window_release(struct heap_window *window);
/* Forgets the copy, so that the next read is a fresh one. */
void heap_window_forget(struct heap_window *window) __attribute__((nonnull));

/* The word at an address; moves the window there where it lies outside. False: not mapped. */
bool heap_window_word(struct heap_window *window, uint64_t address, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));
/* The same without moving it. */
bool heap_window_peek(const struct heap_window *window, uint64_t address, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));

/* Copies of small parts, for lists that lead to and fro. */
struct heap_cache {
	const struct heap_memory *memory;
	uint64_t *starts;      /* of each line; UINT64_MAX: none */
	unsigned char **lines; /* NULL: not needed yet */
};

#define _cleanup_heap_cache_ __attribute__((cleanup(heap_cache_release)))

void heap_cache_init(struct heap_cache *cache, const struct heap_memory *memory)
	__attribute__((nonnull));
void heap_cache_release(struct heap_cache *cache);
void heap_cache_forget(struct heap_cache *cache) __attribute__((nonnull));
/* The word at an address that is a multiple of 8. False: another address, or not mapped. */
bool heap_cache_word(struct heap_cache *cache, uint64_t address, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));

bool heap_memory_word(const struct heap_memory *memory, uint64_t address, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));
/* Resident bytes of the pages that lie in [start, end) as a whole. */
uint64_t heap_memory_resident(const struct heap_memory *memory, uint64_t start, uint64_t end)
	__attribute__((nonnull));
bool heap_memory_has_time(const struct heap_memory *memory) __attribute__((nonnull));

#endif
