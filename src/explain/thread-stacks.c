/* SPDX-License-Identifier: MIT */
/*
 * glibc gives the stack of a thread that ends back by madvise(MADV_DONTNEED) and keeps its addresses for the next
 * thread; above 40 MiB of such stacks it unmaps them (nptl/allocatestack.c, advise_stack_range()).
 */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "on stacks of threads",
		.gone = "that the C library had given away when a thread ended",
		.advice =
			"Keep threads and hand work to them (a pool), instead of starting one for each piece of work",
	};

	return way == 0 && others_examine(subject, OWNER_THREADS, &words, finding);
}

const struct rule rule_thread_stacks = {
	.id = "thread-stacks",
	.description = "stacks of threads that end are given back and touched again",
	.examine = examine,
};
