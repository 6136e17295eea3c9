/* SPDX-License-Identifier: MIT */
/*
 * heap/glibc-heap: what glibc's allocator holds in a process, read from outside: no symbols and no code of
 * the process are needed.
 *
 * The arenas are found by their form, in the writable data of the mapped files: an array of 127 list heads of
 * which those of empty lists point to themselves, the last one always; beside it a ring of arenas that closes,
 * and a top chunk. Then all chunks of each arena are walked by the sizes in their headers. A walk that
 * meets a header that cannot be one takes up again at the next place that a chain of headers begins at.
 *
 * mallinfo2(3) counts blocks in threads' caches as in use; here they stand apart, so that its uordblks is about
 * live_bytes + tcache_bytes, and its fordblks is free_bytes + fastbin_bytes + top_bytes.
 *
 * Sources: malloc/malloc.c and malloc/arena.c of glibc 2.26 to 2.43: struct malloc_state, struct malloc_par,
 * heap_info, tcache_perthread_struct, PROTECT_PTR (2.32), sysmalloc(), mtrim(), systrim().
 */
#ifndef MADVISOR_HEAP_GLIBC_HEAP_H
#define MADVISOR_HEAP_GLIBC_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/memory.h"

/* Up to 1 KiB a class every 16 bytes; above, four for each doubling, to 2^47. */
enum { GLIBC_CLASSES = 64 + 4 * 37 };

/* Blocks of about one size; sizes with the header of 8 bytes. */
struct glibc_class {
	uint64_t live, live_bytes;
	uint64_t free, free_bytes;     /* in bins and fastbins */
	uint64_t cached, cached_bytes; /* in threads' caches */
	/*
	 * Free bytes on pages that are kept by live or cached blocks of this class: a page that several
	 * hold is shared out by their bytes on it.
	 */
	uint64_t held_bytes;
};

struct glibc_heap {
	uint64_t arenas;       /* that have taken memory; 0: not found, or not in use */
	uint64_t idle_arenas;  /* of these: no thread is attached, and it is not the main one */
	uint64_t heaps;        /* contiguous pieces of them */
	uint64_t system_bytes; /* taken from the kernel for arenas */
	uint64_t walked_bytes; /* of these: seen as chunks */
	uint64_t skipped_bytes; /* no chunks where chunks should be: damaged, or changed while it was read */
	uint64_t live, live_bytes;
	uint64_t free, free_bytes; /* in bins */
	uint64_t fastbin, fastbin_bytes;
	uint64_t tcaches, tcache, tcache_bytes; /* threads' caches, and the blocks in them */
	uint64_t top_bytes;                     /* at the end of each arena */
	/* Of what is free, cached blocks left out, that which is resident: */
	uint64_t resident_free_bytes;
	uint64_t trim_bytes;      /* malloc_trim(0) would give it back */
	uint64_t other_top_bytes; /* at the ends of arenas but the main one, which it leaves */
	uint64_t large_bytes; /* of these two: in pieces of 128 KiB and more, the first thresholds */
	uint64_t held_bytes;  /* on pages with live or cached blocks */
	uint64_t secondary_bytes;  /* in arenas but the main one */
	uint64_t idle_arena_bytes; /* of these: in arenas without threads */
	/* From the parameters; has_parameters: they were found. */
	bool has_parameters;
	bool has_dynamic_threshold;      /* no M_MMAP_THRESHOLD and the like was set */
	uint64_t mmapped, mmapped_bytes; /* blocks with a mapping of their own */
	uint64_t mmap_threshold, trim_threshold;
	bool out_of_time;
	struct glibc_class classes[GLIBC_CLASSES];
};

/*
 * Reads it. The areas are in the order of addresses. 0; -ENOENT: no arena of glibc is in the process, as
 * where another allocator serves it; -EBADMSG: there is one, and its figures contradict each other.
 */
int glibc_heap_read(const struct heap_memory *memory, const struct heap_area *areas,
		    size_t area_count, struct glibc_heap *ret)
	__attribute__((nonnull(1, 4), warn_unused_result));

/* The class of a chunk by its size, and the largest size in a class. */
size_t glibc_class_of(uint64_t chunk_bytes) __attribute__((const));
uint64_t glibc_class_bytes(size_t index) __attribute__((const));

#endif
