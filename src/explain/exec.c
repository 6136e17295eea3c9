/* SPDX-License-Identifier: MIT */
/* exec, the loader and what both map: the price of a process, whatever its allocator. */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "of programs being started: their code and data, and the loader's work",
		.gone = "that the loader had unmapped",
		.advice =
			"Do more in one process, or start fewer: each pays for exec, the loader and the copies of what it writes",
	};

	return way == 0 && others_examine(subject, OWNER_EXEC, &words, finding);
}

const struct rule rule_exec = {
	.id = "exec",
	.description = "programs are started",
	.examine = examine,
};
