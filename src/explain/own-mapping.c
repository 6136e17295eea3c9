/* SPDX-License-Identifier: MIT */
/* Memory that the program maps, unmaps or gives back by its own calls, past any allocator. */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "on memory that the program maps itself, past any allocator",
		.gone = "that it had given back by its own munmap or madvise",
		.advice =
			"Keep such a mapping and use it again, or take the buffers from malloc, which does",
	};

	return way == 0 && others_examine(subject, OWNER_MAPPING, &words, finding);
}

const struct rule rule_own_mapping = {
	.id = "own-mapping",
	.description = "the program maps and unmaps memory itself",
	.examine = examine,
};
