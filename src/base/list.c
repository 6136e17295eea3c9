/* SPDX-License-Identifier: MIT */
#include "base/list.h"

#include <string.h>
#include <strings.h>

bool list_has(const char *list, const char *separators, const char *word)
{
	size_t len = strlen(word);

	while (list && *list) {
		size_t item = strcspn(list, separators);

		if (item && item == len && !strncasecmp(list, word, len))
			return true;
		list += item;
		list += strspn(list, separators);
	}
	return false;
}
