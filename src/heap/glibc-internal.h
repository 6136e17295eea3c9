/* SPDX-License-Identifier: MIT */
/* heap/glibc-internal: what the files of heap/glibc-heap share. */
#ifndef MADVISOR_HEAP_GLIBC_INTERNAL_H
#define MADVISOR_HEAP_GLIBC_INTERNAL_H

#include "heap/glibc-heap.h"

enum {
	GLIBC_ARENAS_MAX = 8192,
	GLIBC_MAINS_MAX = 4, /* copies of glibc: dlmopen(3), one linked into the program */
	GLIBC_FASTBINS = 10,
	GLIBC_BIN_HEADS = 127,
	GLIBC_ALIGNMENT = 16,
	GLIBC_LEAST_CHUNK = 32,
	GLIBC_FENCE = 16, /* size of a header without a chunk, at the end of a piece */
};

/* The low bits of a size. */
#define GLIBC_PREVIOUS_IN_USE 1ULL
#define GLIBC_FLAGS 7ULL
/* From the bins of an arena, which stand in the same order since 2.26. */
#define GLIBC_TOP_BEFORE_BINS 16
#define GLIBC_FASTBINS_BEFORE_BINS 96
#define GLIBC_NEXT_AFTER_BINS 2048
#define GLIBC_ATTACHED_AFTER_BINS 2064
#define GLIBC_SYSTEM_AFTER_BINS 2072
#define GLIBC_MOST_SYSTEM_AFTER_BINS 2080

struct glibc_arena {
	uint64_t address;
	uint64_t bins;
	bool is_main;
	bool has_fastbins;
	uint64_t top;
	uint64_t attached;
	uint64_t system_bytes;
};

struct glibc_place {
	struct glibc_arena *arenas; /* owned; main ones first in their rings */
	size_t count, alloc;
	/* struct malloc_par */
	bool has_parameters;
	bool has_dynamic_threshold;
	uint64_t sbrk_base, mmapped, mmapped_bytes, mmap_threshold, trim_threshold;
};

/* Finds the arenas and the parameters. False: there is none. The caller frees arenas. */
bool glibc_find(const struct heap_memory *memory, const struct heap_area *areas, size_t area_count,
		struct glibc_place *ret) __attribute__((nonnull(1, 4), warn_unused_result));

/* Sorted addresses of chunks. */
struct glibc_set {
	uint64_t *items;
	size_t count, alloc;
};

/* The chunks in an arena's fastbins; bounded, as a list may be without end. */
void glibc_fastbins(struct heap_cache *cache, const struct glibc_arena *arena,
		    struct glibc_set *ret) __attribute__((nonnull));
/* Sorts it, each address once. */
void glibc_set_sort(struct glibc_set *set) __attribute__((nonnull));

/* Whether a chunk of this size may hold a thread's cache. */
bool glibc_may_be_tcache(uint64_t chunk_bytes) __attribute__((const));
/*
 * Counts the blocks in a cache that may be in a chunk: from live to cached. False: it holds something else, or
 * a cache without blocks.
 */
bool glibc_tcache(struct heap_cache *cache, uint64_t chunk, uint64_t chunk_bytes,
		  struct glibc_heap *ret) __attribute__((nonnull));

/* One contiguous piece of an arena. */
struct glibc_piece {
	uint64_t start, end;
	bool is_main;
	bool has_top;     /* the arena's top chunk ends it */
	uint64_t bins;    /* of its arena */
	bool knows_start; /* else the first chunk is somewhere behind it */
};

/*
 * Walks its chunks and adds them to *ret. Chunks that may hold a thread's cache go to *caches, as pairs of
 * address and size.
 */
void glibc_walk(struct heap_window *window, const struct glibc_piece *piece,
		const struct glibc_set *fast, struct glibc_heap *ret, struct glibc_set *caches)
	__attribute__((nonnull));

#endif
