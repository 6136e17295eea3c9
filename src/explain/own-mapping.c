/* SPDX-License-Identifier: MIT */
/* Memory that the program maps, unmaps or gives back by its own calls, past any allocator. */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.gave = "the program's own munmap or madvise had given away",
		.advice =
			"Keep the mapping and use it again, or take such buffers from malloc, which does",
	};

	return way == 0 && others_examine(subject, OWNER_MAPPING, &words, finding);
}

const struct rule rule_own_mapping = {
	.id = "own-mapping",
	.description = "the program maps and unmaps memory itself",
	.examine = examine,
};
