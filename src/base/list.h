/* SPDX-License-Identifier: MIT */
/* base/list: lists of words in one text, "a b c" or "a,b,c". */
#ifndef MADVISOR_BASE_LIST_H
#define MADVISOR_BASE_LIST_H

#include <stdbool.h>

/* Whether a list (NULL: empty) holds the word, in any case. Each of `separators` ends a word. */
bool list_has(const char *list, const char *separators, const char *word)
	__attribute__((nonnull(2, 3), pure));

#endif
