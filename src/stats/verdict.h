/* SPDX-License-Identifier: MIT */
/*
 * stats/verdict: the verdict on a contender, in one word.
 *
 * Layer: above base and stats/ratio. Pure.
 */
#ifndef MADVISOR_STATS_VERDICT_H
#define MADVISOR_STATS_VERDICT_H

#include <stdbool.h>

#include "stats/ratio.h"

enum verdict {
	VERDICT_UNCLEAR, /* the interval is too wide: more rounds are needed */
	VERDICT_TIE,     /* equal within the margin */
	VERDICT_FASTER,
	VERDICT_SLOWER,
};

/* The default margin: differences below it, in percent, are negligible. */
#define VERDICT_MARGIN_PCT 5.0

/*
 * tie: the whole interval lies within the margin, 1 / (1 + margin) to 1 + margin.
 * faster, slower: the whole interval lies on one side of 1, and the estimate is farther from 1 than
 *	both the margin and the noise floor.
 * unclear: everything else, and ratios without an interval.
 *
 * The noise floor narrows what is called different but never widens what is called equal: a noisy
 * machine makes contenders unclear, not equal. `floor_pct` may be NAN: not known. With
 * `higher_is_better` more is faster, as for operations per second.
 */
enum verdict verdict_of(const struct ratio *ratio, double margin_pct, double floor_pct,
			bool higher_is_better) __attribute__((nonnull, pure));

/* "faster" and so on; a static string. */
const char *verdict_name(enum verdict verdict) __attribute__((returns_nonnull, const));
/* The verdict of that name, or -1. */
int verdict_by_name(const char *name) __attribute__((nonnull, pure));

#endif
