/* SPDX-License-Identifier: MIT */
#include "now.h"

#include <stdlib.h>

#include "base/array.h"

uint64_t now_cost_ns;

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void now_calibrate(void)
{
	uint64_t costs[1001];

	for (size_t i = 0; i < ARRAY_SIZE(costs); i++) {
		uint64_t before = now_ns();
		costs[i] = now_ns() - before;
	}
	qsort(costs, ARRAY_SIZE(costs), sizeof(costs[0]), by_value);
	now_cost_ns = costs[ARRAY_SIZE(costs) / 2];
}
