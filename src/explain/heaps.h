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
#include "model/result.h"

/* Whether memory is made usable by many calls of mprotect for small pieces each, whoever makes them. */
bool heaps_grow_by_pieces(const struct subject *subject) __attribute__((nonnull, pure));

/* Whether what munmap took away is, by its mean size, such heaps rather than single blocks. */
bool heaps_are_unmapped(const struct subject *subject) __attribute__((nonnull, pure));

/*
 * The time that glibc spends on giving the ends of its heaps back and taking them again; 0 where that is not worth a finding,
 * or not surely its doing. It does that with the lock of the arena, and the kernel with that of the address space: threads
 * that wait for either wait for this work.
 */
double heaps_trimming_ns(const struct subject *subject) __attribute__((nonnull));

/* Adds what keeps heaps as they are, both thresholds together, and makes them usable at once where they grow by pieces. */
bool heaps_keep(const struct subject *subject, struct finding *finding) __attribute__((nonnull));

#endif
