/* SPDX-License-Identifier: MIT */
/*
 * base/random: a seeded generator (SplitMix64: Steele, Lea, Flood 2014), so that a recorded seed
 * repeats the order of a run. Not for secrets.
 */
#ifndef MADVISOR_BASE_RANDOM_H
#define MADVISOR_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline void random_init(struct random *random, uint64_t seed)
{
	random->state = seed;
}

uint64_t random_u64(struct random *random) __attribute__((nonnull));
/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound) __attribute__((nonnull));
/* Uniform in [0, 1). */
double random_unit(struct random *random) __attribute__((nonnull));
/* Every order equally likely (Fisher-Yates). */
void random_shuffle(struct random *random, size_t *items, size_t count) __attribute__((nonnull));

#endif
