/* SPDX-License-Identifier: MIT */
#include "base/slip.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define DISTANCE_MAX_LEN 64

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int low = a < b ? a : b;

	return low < c ? low : c;
}

/* Levenshtein's distance. */
unsigned int slip_distance(const char *a, const char *b)
{
	unsigned int row[DISTANCE_MAX_LEN + 1];
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a > DISTANCE_MAX_LEN || len_b > DISTANCE_MAX_LEN)
		return DISTANCE_MAX_LEN;
	for (size_t k = 0; k <= len_b; k++)
		row[k] = (unsigned int)k;
	for (size_t i = 1; i <= len_a; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t k = 1; k <= len_b; k++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[k - 1]);
			unsigned int best =
				min3(row[k] + 1, row[k - 1] + 1, diagonal + (same ? 0 : 1));

			diagonal = row[k];
			row[k] = best;
		}
	}
	return row[len_b];
}

void slip_init(struct slip *slip, const char *word)
{
	*slip = (struct slip){ .word = word, .least = (unsigned int)strlen(word) / 3 + 2 };
}

void slip_consider(struct slip *slip, const char *candidate)
{
	size_t len = strlen(slip->word);
	unsigned int distance = slip_distance(slip->word, candidate);

	if (len >= 4 && !strncasecmp(slip->word, candidate, len) && distance > 1)
		distance = 1;
	if (distance < slip->least) {
		slip->least = distance;
		slip->best = candidate;
	}
}
