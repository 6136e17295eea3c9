/* SPDX-License-Identifier: MIT */
#include "stats/spread.h"

#include <math.h>

#include "base/cleanup.h"
#include "stats/sorted.h"

struct spread spread_of(const double *values, size_t count)
{
	struct spread spread = { NAN, NAN, NAN, NAN, NAN, 0 };
	size_t n;
	_cleanup_free_ double *sorted = sorted_copy(values, count, &n);
	double sum = 0, squares = 0;

	if (n == 0)
		return spread;
	spread.count = n;
	spread.median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
	spread.min = sorted[0];
	spread.max = sorted[n - 1];
	for (size_t i = 0; i < n; i++)
		sum += sorted[i];
	spread.mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (sorted[i] - spread.mean) * (sorted[i] - spread.mean);
	if (n > 1)
		spread.stddev = sqrt(squares / (double)(n - 1));
	return spread;
}
