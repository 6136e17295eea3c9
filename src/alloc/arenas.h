/* SPDX-License-Identifier: MIT */
/*
 * alloc/arenas: how much memory glibc's arenas hold in a running process, by its map.
 *
 * All arenas but the main one lie in heaps of 64 MiB of address space, aligned to that, of which only the first part may
 * be written: that is what the arena has taken so far (glibc 2.36, malloc/arena.c: HEAP_MAX_SIZE, new_heap(),
 * grow_heap(); the same since 2.10 on 64-bit machines, unless the tunable glibc.malloc.hugetlb is 2). Which heaps share an arena, and what is
 * free in them, the map does not tell.
 */
#ifndef MADVISOR_ALLOC_ARENAS_H
#define MADVISOR_ALLOC_ARENAS_H

#include <stdint.h>
#include <sys/types.h>

struct arenas {
	uint64_t heaps; /* other than the main arena's, which is none */
	uint64_t bytes; /* of them that may be written */
};

/* From the text of /proc/PID/maps (proc(5)). Lines that are none are passed over. */
void arenas_parse(const char *maps, struct arenas *ret) __attribute__((nonnull));

/* 0, or a negative errno where the map may not be read. */
int arenas_read(pid_t pid, struct arenas *ret) __attribute__((nonnull, warn_unused_result));

#endif
