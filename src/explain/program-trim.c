/* SPDX-License-Identifier: MIT */
/*
 * malloc_trim(3), jemalloc's mallctl("arena.<i>.purge"), mi_collect() and their like: the program asks, so no setting
 * of the allocator stops it.
 */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "on memory that the program makes its allocator give away",
		.gone = "that had gone by its malloc_trim() or the like",
		.advice = "Ask for it less often: only where memory will not be needed for long",
	};

	return way == 0 && others_examine(subject, OWNER_TRIM, &words, finding);
}

const struct rule rule_program_trim = {
	.id = "program-trim",
	.description = "the program tells its allocator to give memory back, and takes it again",
	.examine = examine,
};
