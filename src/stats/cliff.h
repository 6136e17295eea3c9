/* SPDX-License-Identifier: MIT */
/*
 * stats/cliff: where a curve jumps, and where to measure next to find out more closely.
 *
 * Layer: above base. Pure.
 *
 * A curve is what was measured so far at some whole-numbered places, as logarithms with their errors. Between two neighbours it
 * jumps if it changes by more than the rule's step and by more than noise explains. What is measured next halves the space
 * between them: a step stays whole in one half, a slope comes apart into changes that are smaller than a step. A place
 * where a step is likely (a hint) is tried from both sides instead, which takes two measurements where halving takes ten;
 * if the step is elsewhere, they have halved the space as well.
 *
 * Two steps in opposite directions between the same two places of the first grid cancel out and are not seen.
 */
#ifndef MADVISOR_STATS_CLIFF_H
#define MADVISOR_STATS_CLIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The places to measure at. */
struct cliff_axis {
	uint64_t low, high; /* low < high; with `logarithmic` low is at least 1 */
	bool logarithmic;   /* halves are equal factors, not equal differences */
};

struct cliff_point {
	uint64_t x;
	double y;            /* logarithm of what was measured; NAN: nothing */
	double error;        /* standard error of y; NAN below two rounds */
	unsigned int rounds; /* behind y */
};

/* A curve of a sweep, ascending in x, each x once. */
struct cliff_curve {
	const struct cliff_point *points;
	size_t count;
	double step;           /* a change of y below this is none */
	const uint64_t *hints; /* the last place before a likely step, ascending */
	size_t hint_count;
};

struct cliff_rule {
	struct cliff_axis axis;
	unsigned int rounds_settled; /* rounds at both ends that a cliff needs to be one */
	unsigned int rounds_max;     /* of a place */
};

/* A jump between two neighbouring points. */
struct cliff {
	size_t low, high; /* indices of the points: high == low + 1 */
	double change;    /* of y */
	double error;     /* its standard error */
	bool is_narrow;   /* nothing is to be gained by measuring between them */
	bool is_settled;  /* it is narrow, and both ends have rounds enough */
};

/* A wish: rounds at a place, a new one or one that has some. */
struct cliff_wish {
	uint64_t x;
	double weight; /* of wishes of several curves, the largest first */
};

/*
 * Fills ret[], of curve->count places, with the jumps beyond noise, from left to right; returns how many. Where no point has an
 * error, there are none.
 */
size_t cliffs_find(const struct cliff_curve *curve, const struct cliff_rule *rule,
		   struct cliff *ret) __attribute__((nonnull));

/*
 * Fills ret[], of 2 * curve->count places, with where rounds would tell more; returns how many. 0: the curve is
 * known as well as the rule asks for.
 */
size_t cliffs_wish(const struct cliff_curve *curve, const struct cliff_rule *rule,
		   struct cliff_wish *ret) __attribute__((nonnull));

/* A round number about halfway between two places, apart from both where there is one; else low. */
uint64_t cliff_middle(const struct cliff_axis *axis, uint64_t low, uint64_t high)
	__attribute__((nonnull, pure));

/*
 * Fills ret[] with at most `count` (2 at least) places from low to high, both included: equally spaced, on a logarithmic
 * axis by a factor of 2, 4, 16, 256, … from low on, so that a grid of fewer places is part of the finer one. Returns how many.
 */
size_t cliff_grid(const struct cliff_axis *axis, size_t count, uint64_t *ret)
	__attribute__((nonnull));

/* Whether two neighbouring places are so close that a cliff between them is found. */
bool cliff_is_narrow(const struct cliff_axis *axis, uint64_t low, uint64_t high)
	__attribute__((nonnull, pure));

#endif
