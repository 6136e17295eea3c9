/* SPDX-License-Identifier: MIT */
#include "stats/location.h"

#include <math.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "stats/quantile.h"
#include "stats/sorted.h"

/* How many values to leave out at either end: a fifth to the nearest whole, less one. */
static size_t trim_count(size_t count)
{
	size_t fifth = (count + 2) / 5;

	if (count < 3)
		return 0;
	return fifth > 2 ? fifth - 1 : 1;
}

/* The mean of the sorted values without `trim` at either end. */
static double trimmed_mean(const double *sorted, size_t count, size_t trim)
{
	double sum = 0;

	for (size_t i = trim; i < count - trim; i++)
		sum += sorted[i];
	return sum / (double)(count - 2 * trim);
}

/* The value at place i when `trim` values at either end are pulled in to the nearest that is kept. */
static double winsorised(const double *sorted, size_t count, size_t trim, size_t i)
{
	if (i < trim)
		return sorted[trim];
	if (i >= count - trim)
		return sorted[count - trim - 1];
	return sorted[i];
}

/*
 * The standard error of trimmed_mean() (Tukey and McLaughlin 1963, in Yuen's form of 1974); with
 * nothing trimmed it is that of the mean. Needs two values that are kept.
 */
static double trimmed_standard_error(const double *sorted, size_t count, size_t trim)
{
	double mean = 0, squares = 0;
	double kept = (double)(count - 2 * trim);

	for (size_t i = 0; i < count; i++)
		mean += winsorised(sorted, count, trim, i) / (double)count;
	for (size_t i = 0; i < count; i++) {
		double deviation = winsorised(sorted, count, trim, i) - mean;

		squares += deviation * deviation;
	}
	return sqrt(squares / (kept * (kept - 1)));
}

static void set_interval(struct location *location, double centre, double half_width)
{
	/* At a very low confidence the mean's interval may miss the trimmed mean. */
	location->low = fmin(centre - half_width, location->estimate);
	location->high = fmax(centre + half_width, location->estimate);
}

/* Equal values: added up and divided, they need not come out as they were. */
static struct location location_of_equals(double value, size_t count, bool wants_interval)
{
	struct location location = { value, NAN, NAN, NAN, count };

	if (count > 1)
		location.standard_error = 0;
	if (count > 1 && wants_interval)
		location.low = location.high = value;
	return location;
}

struct location location_of(const double *values, size_t count, double confidence)
{
	size_t n;
	_cleanup_free_ double *sorted = sorted_copy(values, count, &n);
	bool wants_interval = confidence > 0 && confidence < 1;
	struct location location = { NAN, NAN, NAN, NAN, n };

	if (n == 0)
		return location;
	if (sorted[0] == sorted[n - 1])
		return location_of_equals(sorted[0], n, wants_interval);

	size_t trim = trim_count(n);
	size_t kept = n - 2 * trim;
	double plain_error = trimmed_standard_error(sorted, n, 0);
	double robust_error = kept > 1 ? trimmed_standard_error(sorted, n, trim) : plain_error;

	location.estimate = trimmed_mean(sorted, n, trim);
	location.standard_error = robust_error;
	if (!wants_interval)
		return location;

	/* Kept values that are all equal, as counts can be, do not show the uncertainty. */
	if (n >= LOCATION_ROBUST_COUNT && robust_error > 0) {
		size_t df = n - 1 - 3 * trim; /* Yuen: n - 1 - 2 * trim */

		set_interval(&location, location.estimate,
			     student_quantile(confidence, df) * robust_error);
	} else {
		set_interval(&location, trimmed_mean(sorted, n, 0),
			     student_quantile(confidence, n - 1) * plain_error);
	}
	return location;
}
