/* SPDX-License-Identifier: MIT */
#include "explain/locks.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

/* With fewer there is no habit: threads that start and end meet now and then. */
#define LEAST_CALLS 100

/* Functions of allocators that hold a lock, the innermost one first that matches; NULL: any. */
static const struct {
	const char *allocator, *function, *name;
} names[] = {
	{ "glibc", NULL, "the lock of an arena" },
	{ "musl", NULL, "the one lock of musl's malloc" },
	{ "tcmalloc", "*PageHeap*", "the lock of the page heap" },
	{ "tcmalloc", "*CentralFreeList*", "the lock of a central free list" },
	{ "tcmalloc", NULL, "the lock of a central list" },
	{ "jemalloc", "*tcache_bin_flush*",
	  "the lock of an arena's bin, to which full caches of threads are flushed" },
	{ "jemalloc", "*pa*_dalloc*", "the lock of an arena's extents" },
	{ "jemalloc", "*arena_*", "the lock of an arena or of a bin" },
	{ "jemalloc", NULL, "a lock of its arenas" },
};

static double lock_ns(const struct subject *subject)
{
	return subject_get(subject, METRIC_ALLOCATOR_LOCK_NS);
}

double locks_wait_pct(const struct subject *subject)
{
	double wait_ns = subject_get(subject, METRIC_ALLOCATOR_LOCK_WAIT_NS);

	return 100 * wait_ns / (wait_ns + subject->cpu_ns);
}

bool locks_are_costly(const struct subject *subject)
{
	return subject_get(subject, METRIC_ALLOCATOR_LOCK_CALLS) >= LEAST_CALLS &&
	       (subject_share_pct(subject, lock_ns(subject)) >= WORTH_PCT ||
		locks_wait_pct(subject) >= LOCK_PCT);
}

static bool is_lock_of(const struct subject *subject, const struct stack *stack)
{
	const struct run *run = &subject->result->runs[stack->run_index];

	return stack->event == STACK_LOCK && run->case_index == subject->case_index &&
	       run->contender_index == subject->contender_index;
}

static bool has_function(const struct subject *subject, const struct stack *stack,
			 const char *pattern)
{
	const struct result *result = subject->result;

	for (size_t i = stack->frame_count; i-- > 0;) {
		const struct frame *frame = &result->frames[stack->frames[i]];

		if (frame->role == FRAME_ALLOCATOR && fnmatch(pattern, frame->function, 0) == 0)
			return true;
	}
	return false;
}

/* Calls whose stacks have a function of this name. */
static double calls_with(const struct subject *subject, const char *pattern)
{
	double calls = 0;

	for (size_t i = 0; i < subject->result->stack_count; i++) {
		const struct stack *stack = &subject->result->stacks[i];

		if (is_lock_of(subject, stack) && has_function(subject, stack, pattern))
			calls += (double)stack->pages;
	}
	return calls;
}

const char *locks_name(const struct subject *subject)
{
	const char *name = "a lock of its allocator";
	double most = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!subject_served_by(subject, names[i].allocator))
			continue;
		if (!names[i].function)
			return most > 0 ? name : names[i].name;
		double calls = calls_with(subject, names[i].function);
		if (calls > most) {
			most = calls;
			name = names[i].name;
		}
	}
	return name;
}
