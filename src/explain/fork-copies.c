/* SPDX-License-Identifier: MIT */
/*
 * After a fork both processes share all pages until one writes (fork(2)): each first write copies one. Servers that save in a
 * child pay for what the parent writes meanwhile.
 */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "copies of pages that a fork had left shared",
		.gone = "",
		.advice =
			"Fork while little memory is written, or not at all: posix_spawn() and vfork() start programs without it",
	};

	return way == 0 && others_examine(subject, OWNER_FORK, &words, finding);
}

const struct rule rule_fork_copies = {
	.id = "fork-copies",
	.description = "pages are copied after a fork",
	.examine = examine,
};
