/* SPDX-License-Identifier: MIT */
#include "explain/heaps.h"

/* With fewer there is no habit: the loader and each thread's guard page take one. */
#define LEAST_CALLS 1000
/* The stacks of threads are made usable by one call each, 8 MiB by default. */
#define MOST_BYTES (1024.0 * 1024)

/*
 * A heap is unmapped in one call of 64 MiB; when it is made, what lies around it in a mapping of 128 MiB goes in one
 * or two calls of 64 MiB together.
 */
#define LEAST_HEAP_BYTES (24.0 * 1024 * 1024)
#define MOST_HEAP_BYTES (64.0 * 1024 * 1024)

bool heaps_grow_by_pieces(const struct subject *subject)
{
	return subject_get(subject, METRIC_MPROTECT_CALLS) >= LEAST_CALLS &&
	       subject_mean(subject, METRIC_MPROTECT_BYTES, METRIC_MPROTECT_CALLS) < MOST_BYTES;
}

bool heaps_are_unmapped(const struct subject *subject)
{
	double bytes = subject_mean(subject, METRIC_MUNMAP_BYTES, METRIC_MUNMAP_CALLS);

	return subject_served_by(subject, "glibc") && heaps_grow_by_pieces(subject) &&
	       bytes >= LEAST_HEAP_BYTES && bytes <= MOST_HEAP_BYTES;
}
