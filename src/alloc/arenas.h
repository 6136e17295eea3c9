/* SPDX-License-Identifier: MIT */
/*
 * alloc/arenas: memory held by glibc's arenas in a running process, from /proc/PID/maps.
 *
 * All arenas but the main one lie in heaps of 64 MiB of address space, aligned to that. Only the
 * first part of a heap, which the arena has taken so far, is writable (glibc 2.36, malloc/arena.c:
 * HEAP_MAX_SIZE, new_heap(), grow_heap(); the same since 2.10 on 64-bit machines, unless the
 * tunable glibc.malloc.hugetlb is 2). The map does not tell which heaps share an arena, nor how
 * much is free.
 */
#ifndef MADVISOR_ALLOC_ARENAS_H
#define MADVISOR_ALLOC_ARENAS_H

#include <stdint.h>
#include <sys/types.h>

struct arenas {
	uint64_t heaps;    /* the main arena has none */
	uint64_t bytes;    /* their writable part */
	uint64_t mappings; /* all of the process: lines of its map */
};

/* From the text of /proc/PID/maps (proc(5)). Malformed lines are skipped. */
void arenas_parse(const char *maps, struct arenas *ret) __attribute__((nonnull));

/* 0, or a negative errno if the map may not be read. */
int arenas_read(pid_t pid, struct arenas *ret) __attribute__((nonnull, warn_unused_result));

#endif
