/* SPDX-License-Identifier: MIT */
#include "explain/heaps.h"

#include "explain/purge.h"
#include "explain/remedy.h"

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

static double trimming_ns(const struct purge *purge, const struct subject *subject)
{
	bool is_sure = purge_is_costly(purge, subject) && purge_is_told(purge, subject);
	double ns = is_sure ? purge_cost_ns(purge, subject) : 0;

	return ns > 0 ? ns : 0;
}

double heaps_trimming_ns(const struct subject *subject)
{
	if (!subject_served_by(subject, "glibc"))
		return 0;
	return trimming_ns(&purge_dontneed, subject) + trimming_ns(&purge_brk, subject);
}

bool heaps_keep(const struct subject *subject, struct finding *finding)
{
	return remedy_take_all(subject,
			       heaps_grow_by_pieces(subject) ? SYMPTOM_COMMITS : SYMPTOM_HEAP_TRIM,
			       finding);
}
