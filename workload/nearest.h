/* SPDX-License-Identifier: MIT */
/* workload/nearest: the known word that a mistyped one probably meant. Pure. */
#ifndef MADVISOR_WORKLOAD_NEAREST_H
#define MADVISOR_WORKLOAD_NEAREST_H

#include <stddef.h>

/* Words longer than this are compared by their beginning. */
#define NEAREST_MAX 63

/* Insertions, deletions and replacements from a to b (Levenshtein distance). */
unsigned int nearest_distance(const char *a, const char *b) __attribute__((nonnull, pure));

/* The closest of the words, if it is close enough to be worth suggesting; else NULL. */
const char *nearest_word(const char *word, const char *const *words, size_t count)
	__attribute__((nonnull, pure));

#endif
