/* SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <limits.h>
#include <string.h>

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

unsigned int nearest_distance(const char *a, const char *b)
{
	size_t a_len = strnlen(a, NEAREST_MAX), b_len = strnlen(b, NEAREST_MAX);
	unsigned int row[NEAREST_MAX + 1];

	for (unsigned int j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; i < a_len; i++) {
		unsigned int diagonal = row[0];
		row[0] = (unsigned int)i + 1;
		for (size_t j = 0; j < b_len; j++) {
			unsigned int above = row[j + 1];
			row[j + 1] = min3(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
	unsigned int limit = 1 + (unsigned int)strnlen(word, NEAREST_MAX) / 3, least = UINT_MAX;
	const char *best = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned int distance = nearest_distance(word, words[i]);
		if (distance <= limit && distance < least) {
			least = distance;
			best = words[i];
		}
	}
	return best;
}
