/* SPDX-License-Identifier: MIT */
/*
 * heap/process-memory: the memory of a process by its files "mem" and "pagemap", opened by who may; whoever holds the
 * descriptors reads with their rights, and the memory stays that of the program that ran when they were opened.
 *
 * Only pages that are resident are read: a look does not bring back what was swapped out, and touches nothing.
 *
 * Sources: proc(5), Documentation/admin-guide/mm/pagemap.rst: bit 63 of an entry: present, 62: swapped.
 */
#ifndef MADVISOR_HEAP_PROCESS_MEMORY_H
#define MADVISOR_HEAP_PROCESS_MEMORY_H

#include "heap/memory.h"

struct process_memory {
	int mem, pagemap;     /* borrowed */
	uint64_t cpu_ns;      /* of this process, that may be used */
	uint64_t deadline_ns; /* by clock_real */
	uint64_t *entries;    /* a part of the page map */
};

#define _cleanup_process_memory_ __attribute__((cleanup(process_memory_release)))

void process_memory_init(struct process_memory *memory, int mem, int pagemap, uint64_t cpu_ns,
			 uint64_t deadline_ns) __attribute__((nonnull));
void process_memory_release(struct process_memory *memory);
/* Borrows it. */
struct heap_memory process_memory_view(struct process_memory *memory) __attribute__((nonnull));

#endif
