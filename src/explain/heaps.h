/* SPDX-License-Identifier: MIT */
/*
 * explain/heaps: what the kernel does for glibc's heaps of threads, as far as counts and sizes tell it from other work.
 *
 * All arenas but the main one lie in heaps of 64 MiB of addresses (malloc/arena.c, HEAP_MAX_SIZE). They are made usable
 * by one mprotect for each block that does not fit; their free ends go by MADV_DONTNEED, empty ones by munmap.
 */
#ifndef MADVISOR_EXPLAIN_HEAPS_H
#define MADVISOR_EXPLAIN_HEAPS_H

#include <stdbool.h>

#include "explain/subject.h"

/* Whether memory is made usable by many calls of mprotect for small pieces each, whoever makes them. */
bool heaps_grow_by_pieces(const struct subject *subject) __attribute__((nonnull, pure));

/* Whether what munmap took away is, by its mean size, such heaps rather than single blocks. */
bool heaps_are_unmapped(const struct subject *subject) __attribute__((nonnull, pure));

#endif
