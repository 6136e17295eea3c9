/* SPDX-License-Identifier: MIT */
#include "stats/sorted.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double *sorted_copy(const double *values, size_t count, size_t *ret_count)
{
	double *sorted = xcalloc(count ? count : 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!isnan(values[i]))
			sorted[n++] = values[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare_doubles);
	*ret_count = n;
	return sorted;
}
