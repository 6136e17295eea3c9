/* SPDX-License-Identifier: MIT */
#include "stats/verdict.h"

#include <math.h>
#include <string.h>

#include "base/array.h"

static const char *const names[] = {
	[VERDICT_UNCLEAR] = "unclear",
	[VERDICT_TIE] = "tie",
	[VERDICT_FASTER] = "faster",
	[VERDICT_SLOWER] = "slower",
};

enum verdict verdict_of(const struct ratio *ratio, double margin_pct, double floor_pct,
			bool higher_is_better)
{
	double equal = 1 + margin_pct / 100;
	double different = 1 + fmax(margin_pct, floor_pct) / 100; /* fmax() passes over NAN */

	/* Comparisons with NAN are false, so what has no interval falls through to the end. */
	if (ratio->low >= 1 / equal && ratio->high <= equal)
		return VERDICT_TIE;
	if (ratio->low > 1 && ratio->estimate > different)
		return higher_is_better ? VERDICT_FASTER : VERDICT_SLOWER;
	if (ratio->high < 1 && ratio->estimate < 1 / different)
		return higher_is_better ? VERDICT_SLOWER : VERDICT_FASTER;
	return VERDICT_UNCLEAR;
}

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}

int verdict_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return (int)i;
	}
	return -1;
}
