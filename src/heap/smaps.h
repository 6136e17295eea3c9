/* SPDX-License-Identifier: MIT */
/*
 * heap/smaps: what of a process's memory is resident, by the kind of mapping, from the text of /proc/PID/smaps.
 * Pure; the process chooses some of the text.
 *
 * Sources: Documentation/filesystems/proc.rst, mm of Linux 5.4 and later: Rss, AnonHugePages, LazyFree, Swap, Locked.
 */
#ifndef MADVISOR_HEAP_SMAPS_H
#define MADVISOR_HEAP_SMAPS_H

#include <stddef.h>
#include <stdint.h>

#include "heap/memory.h"

/* 65,530 mappings of about 800 bytes, and some more. */
#define SMAPS_MAX ((size_t)128 << 20)

enum memory_kind {
	MEMORY_BRK,       /* "[heap]" */
	MEMORY_ANONYMOUS, /* private, of no file: allocators' and the program's own, threads' stacks */
	MEMORY_STACK,     /* of the main thread */
	MEMORY_FILE,      /* private, of a file: code, data */
	MEMORY_SHARED,    /* of a file or of none */
	MEMORY_KIND_COUNT,
};

struct memory_kinds {
	uint64_t mappings[MEMORY_KIND_COUNT];
	uint64_t mapped_bytes[MEMORY_KIND_COUNT];
	uint64_t resident_bytes[MEMORY_KIND_COUNT];
	uint64_t all_resident_bytes;
	uint64_t lazy_bytes; /* resident, and the kernel may take it at any time: MADV_FREE */
	uint64_t huge_bytes; /* in anonymous huge pages */
	uint64_t swapped_bytes;
	uint64_t locked_bytes;
};

struct heap_areas {
	struct heap_area *items; /* owned */
	size_t count, alloc;
};

/* Adds up all mappings, and lists them. */
void smaps_parse(const char *text, struct memory_kinds *ret, struct heap_areas *ret_areas)
	__attribute__((nonnull));

/* "brk heap", "anonymous", … */
const char *memory_kind_text(enum memory_kind kind) __attribute__((returns_nonnull));

#endif
