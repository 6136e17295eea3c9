/* SPDX-License-Identifier: MIT */
#include "base/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Takes a number and the dot before the next one off the text; 0 without a number. */
static unsigned long take_number(const char **text)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return 0;
	unsigned long number = strtoul(*text, &end, 10);
	*text = *end == '.' && isdigit((unsigned char)end[1]) ? end + 1 : end;
	return number;
}

int version_compare(const char *a, const char *b)
{
	if (!a || !b)
		return !!a - !!b;
	while (isdigit((unsigned char)*a) || isdigit((unsigned char)*b)) {
		unsigned long number_a = take_number(&a), number_b = take_number(&b);

		if (number_a != number_b)
			return number_a < number_b ? -1 : 1;
	}
	return strcmp(a, b);
}
