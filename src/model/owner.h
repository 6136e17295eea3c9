/* SPDX-License-Identifier: MIT */
/*
 * model/owner: whose doing a call, a purge, a page fault or a wait is.
 *
 * The question is about the allocator: what others do with memory no setting of it changes. Stacks are
 * classified by alloc/stack-owner, and sums over them by explain/owners.
 */
#ifndef MADVISOR_MODEL_OWNER_H
#define MADVISOR_MODEL_OWNER_H

#include <stddef.h>

#include "model/metrics.h"

enum owner {
	OWNER_ALLOCATOR,       /* the one that serves the program */
	OWNER_OTHER_ALLOCATOR, /* one inside a library, for that library alone */
	OWNER_MAPPING,         /* the program's own mmap, munmap, madvise, sbrk */
	OWNER_TRIM,            /* the program told the allocator to: malloc_trim() and its like */
	OWNER_THREADS,         /* stacks of threads, by the C library */
	OWNER_RUNTIME,         /* the heap of the language's runtime */
	OWNER_FILES,           /* mapped files and shared memory */
	OWNER_EXEC,            /* exec, the loader, and the start and end of processes */
	OWNER_FORK,            /* copies of pages after a fork */
	OWNER_UNKNOWN,
	OWNERS,
};

/* "allocator", "own-mapping", … and back; -1 for an unknown name. Static. */
const char *owner_name(enum owner owner) __attribute__((returns_nonnull, const));
int owner_by_name(const char *name) __attribute__((nonnull, pure));
/* For people: "thread stacks". Static. */
const char *owner_label(enum owner owner) __attribute__((returns_nonnull, const));

/* Of the events that a metric of a run counts, the part that is an owner's. */
struct owner_share {
	size_t run_index; /* of runs[] */
	enum metric_id metric;
	enum owner owner;
	double part;  /* of 1 */
	double error; /* standard error of the sample that tells it */
};

#endif
