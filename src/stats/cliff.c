/* SPDX-License-Identifier: MIT */
#include "stats/cliff.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "stats/sorted.h"

/*
 * By so many standard errors a change has to be beyond 0. A sweep looks at some hundred pairs of neighbours with errors that
 * are themselves estimates from few rounds: at 4 noise makes a cliff in less than one of twenty (tests/unit/test-cliff.c).
 */
#define ERRORS_BEYOND 4.0
/* A place is found where it is known to 1/32 of itself, or of the axis where that is linear. */
#define NARROW_PARTS 32

/* Of wishes for more rounds against those for new places: what is there is settled after what is not found yet. */
#define AGAIN_WEIGHT 0.5

bool cliff_is_narrow(const struct cliff_axis *axis, uint64_t low, uint64_t high)
{
	uint64_t whole = axis->logarithmic ? low : axis->high - axis->low;

	return high - low <= 1 || high - low <= whole / NARROW_PARTS;
}

/* The largest power of two that is at most n; 1 for 0. */
static uint64_t power_below(uint64_t n)
{
	uint64_t power = 1;

	while (n >>= 1)
		power <<= 1;
	return power;
}

uint64_t cliff_middle(const struct cliff_axis *axis, uint64_t low, uint64_t high)
{
	double exact = axis->logarithmic && low ? sqrt((double)low) * sqrt((double)high)
						: ((double)low + (double)high) / 2;
	uint64_t unit = power_below((high - low) / 4);
	uint64_t middle = (uint64_t)(exact / (double)unit + 0.5) * unit;

	if (middle <= low || middle >= high)
		middle = low + (high - low) / 2;
	return middle;
}

static size_t grid_by_doublings(const struct cliff_axis *axis, size_t count, uint64_t *ret)
{
	double factor = 2;
	size_t n = 0;

	/* A last place that is nearly `high` is left out. */
	while (2 + floor(log((double)axis->high / (double)axis->low) / log(factor)) > (double)count)
		factor *= factor;
	for (double x = (double)axis->low; x * sqrt(2) < (double)axis->high; x *= factor)
		ret[n++] = (uint64_t)(x + 0.5);
	ret[n++] = axis->high;
	return n;
}

static size_t grid_by_distance(const struct cliff_axis *axis, size_t count, uint64_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t x = axis->low + (uint64_t)((double)(axis->high - axis->low) * (double)i /
							    (double)(count - 1) +
						    0.5);

		if (!n || x > ret[n - 1])
			ret[n++] = x;
	}
	return n;
}

size_t cliff_grid(const struct cliff_axis *axis, size_t count, uint64_t *ret)
{
	if (count <= 2) {
		ret[0] = axis->low;
		ret[1] = axis->high;
		return 2;
	}
	return axis->logarithmic ? grid_by_doublings(axis, count, ret)
				 : grid_by_distance(axis, count, ret);
}

/*
 * The error that a point has at least: an error from few rounds is sometimes small by luck, so none counts as smaller than
 * what half of the points have, for its number of rounds. NAN where no point has one.
 */
static double usual_error(const struct cliff_curve *curve)
{
	_cleanup_free_ double *errors = xcalloc(curve->count + 1, sizeof(*errors));
	size_t count = 0;

	for (size_t i = 0; i < curve->count; i++)
		if (!isnan(curve->points[i].y) && !isnan(curve->points[i].error))
			errors[count++] =
				curve->points[i].error * sqrt((double)curve->points[i].rounds);
	_cleanup_free_ double *sorted = sorted_copy(errors, count, &count);
	return count ? sorted[count / 2] : NAN;
}

static double error_of(const struct cliff_point *point, double usual)
{
	double least = usual / sqrt((double)(point->rounds ? point->rounds : 1));

	return isnan(point->error) ? least : fmax(point->error, least);
}

/* From each measured point to the next one that is. */
static bool next_pair(const struct cliff_curve *curve, size_t *low, size_t *high)
{
	size_t i = *high == SIZE_MAX ? 0 : *high, k;

	while (i < curve->count && isnan(curve->points[i].y))
		i++;
	for (k = i + 1; k < curve->count && isnan(curve->points[k].y); k++)
		;
	*low = i;
	*high = k;
	return k < curve->count;
}

static struct cliff cliff_between(const struct cliff_curve *curve, const struct cliff_rule *rule,
				  size_t low, size_t high, double usual)
{
	const struct cliff_point *a = &curve->points[low], *b = &curve->points[high];
	unsigned int rounds = a->rounds < b->rounds ? a->rounds : b->rounds;
	struct cliff cliff = {
		.low = low,
		.high = high,
		.change = b->y - a->y,
		.error = hypot(error_of(a, usual), error_of(b, usual)),
		.is_narrow = cliff_is_narrow(&rule->axis, a->x, b->x),
	};

	cliff.is_settled = cliff.is_narrow && rounds >= rule->rounds_settled;
	return cliff;
}

static bool is_beyond_noise(const struct cliff *cliff)
{
	return fabs(cliff->change) > ERRORS_BEYOND * cliff->error;
}

size_t cliffs_find(const struct cliff_curve *curve, const struct cliff_rule *rule,
		   struct cliff *ret)
{
	double usual = usual_error(curve);
	size_t count = 0, low, high = SIZE_MAX;

	while (next_pair(curve, &low, &high)) {
		struct cliff cliff = cliff_between(curve, rule, low, high, usual);

		if (fabs(cliff.change) >= curve->step && is_beyond_noise(&cliff))
			ret[count++] = cliff;
	}
	return count;
}

/* The place to try between two: at a hint, else in the middle. */
static uint64_t place_between(const struct cliff_curve *curve, const struct cliff_axis *axis,
			      uint64_t low, uint64_t high)
{
	uint64_t middle = cliff_middle(axis, low, high), best = 0, distance = UINT64_MAX;

	for (size_t i = 0; i < curve->hint_count; i++) {
		uint64_t hint = curve->hints[i];
		/* The first of its two sides that is not measured yet. */
		uint64_t x = hint > low ? hint : hint == low ? hint + 1 : 0;
		uint64_t away = x > middle ? x - middle : middle - x;

		if (x > low && x < high && away < distance) {
			best = x;
			distance = away;
		}
	}
	return best ? best : middle;
}

static size_t wish_rounds(const struct cliff_curve *curve, const struct cliff_rule *rule,
			  const struct cliff *cliff, struct cliff_wish *ret)
{
	double weight = AGAIN_WEIGHT * fabs(cliff->change) / curve->step;
	unsigned int wanted = is_beyond_noise(cliff) ? rule->rounds_settled : rule->rounds_max;
	size_t ends[2] = { cliff->low, cliff->high }, count = 0;

	for (int i = 0; i < 2; i++)
		if (curve->points[ends[i]].rounds < wanted)
			ret[count++] = (struct cliff_wish){ curve->points[ends[i]].x, weight };
	return count;
}

size_t cliffs_wish(const struct cliff_curve *curve, const struct cliff_rule *rule,
		   struct cliff_wish *ret)
{
	double usual = usual_error(curve);
	size_t count = 0, low, high = SIZE_MAX;

	while (next_pair(curve, &low, &high)) {
		struct cliff cliff = cliff_between(curve, rule, low, high, usual);
		uint64_t left = curve->points[low].x, right = curve->points[high].x;

		if (!(fabs(cliff.change) >= curve->step) || cliff.is_settled)
			continue;
		if (is_beyond_noise(&cliff) && !cliff.is_narrow)
			ret[count++] = (struct cliff_wish){
				place_between(curve, &rule->axis, left, right),
				fabs(cliff.change) / curve->step,
			};
		else
			count += wish_rounds(curve, rule, &cliff, &ret[count]);
	}
	return count;
}
