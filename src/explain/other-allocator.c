/* SPDX-License-Identifier: MIT */
/*
 * A library may contain an allocator of its own (mimalloc in libarrow.so, jemalloc in polars): it serves that library
 * alone.
 */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "on memory of an allocator inside a library",
		.gone = "that it had given away",
		.advice =
			"Settings of the program's own allocator do not reach it; `madvisor identify -p` names it and the variable that it reads",
	};

	return way == 0 && others_examine(subject, OWNER_OTHER_ALLOCATOR, &words, finding);
}

const struct rule rule_other_allocator = {
	.id = "other-allocator",
	.description = "an allocator inside a library gives memory back and takes it again",
	.examine = examine,
};
