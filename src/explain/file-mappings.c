/* SPDX-License-Identifier: MIT */
/* Mappings of files, and shared memory: no allocator's. */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "on mapped files and shared memory",
		.gone = "that it had unmapped",
		.advice = "Keep the file mapped, or read() it into a buffer that stays",
	};

	return way == 0 && others_examine(subject, OWNER_FILES, &words, finding);
}

const struct rule rule_file_mappings = {
	.id = "file-mappings",
	.description = "mapped files and shared memory are touched",
	.examine = examine,
};
