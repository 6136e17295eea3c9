/* SPDX-License-Identifier: MIT */
/*
 * workload/memory: memory for the harness itself, straight from the kernel.
 *
 * Nothing that the harness keeps comes from malloc, so that the allocator under test serves only
 * the case, and measuring does not affect its figures.
 */
#ifndef MADVISOR_WORKLOAD_MEMORY_H
#define MADVISOR_WORKLOAD_MEMORY_H

#include <stddef.h>

/* Both CPUs that matter here have lines of 64 bytes; prefetchers work on pairs of them. */
#define CACHE_LINE 64
#define CACHE_APART _Alignas(2 * CACHE_LINE)
/* The huge page that x86-64 and aarch64 with 4 KiB pages have; with others the advice does nothing. */
#define MEMORY_HUGE ((size_t)2 * 1024 * 1024)

/* Zeroed, page-aligned memory; ends the process if the kernel refuses. */
void *memory_map(size_t bytes) __attribute__((returns_nonnull, warn_unused_result));
void memory_unmap(void *memory, size_t bytes);

/* Reports the failed allocation on stderr and ends the process: hot paths cannot return errors. */
void memory_exhausted(size_t bytes) __attribute__((noreturn, cold));

#endif
