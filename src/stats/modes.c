/* SPDX-License-Identifier: MIT */
#include "stats/modes.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "stats/sorted.h"

enum { RUNS_MIN = 8 };
#define GROUP_SHARE 0.25

/* Critical values from uniform samples: dip, 0.5% of 200,000 for each size; gap, 0.3% of 40,000. */
static const struct critical {
	double count, dip;
	double gap; /* in widths of the wider group; INFINITY: too few runs to ask */
} critical[] = {
	{ 8, 0.1786, INFINITY }, { 10, 0.1670, INFINITY }, { 12, 0.1548, 2.30 },
	{ 16, 0.1389, 1.32 },    { 20, 0.1267, 0.96 },     { 27, 0.1119, 0.68 },
	{ 40, 0.0946, 0.46 },    { 100, 0.0632, 0.18 },
};

/* Interpolates; beyond the last size, the dip falls as 1 / sqrt(size), the gap as 1 / size. */
static struct critical critical_at(size_t count)
{
	size_t last = ARRAY_SIZE(critical) - 1, i = 0;
	double n = (double)count;

	if (n >= critical[last].count)
		return (struct critical){ n, critical[last].dip * sqrt(critical[last].count / n),
					  critical[last].gap * critical[last].count / n };
	while (critical[i + 1].count <= n)
		i++;
	const struct critical *a = &critical[i], *b = &critical[i + 1];
	double part = (n - a->count) / (b->count - a->count);
	return (struct critical){ n, a->dip + (b->dip - a->dip) * part,
				  isinf(a->gap) ? INFINITY : a->gap + (b->gap - a->gap) * part };
}

/* One hull of the empirical distribution: the points it touches between two ends, in order. */
struct hull {
	size_t *points;
	size_t last; /* index of the last point */
};

struct dip {
	const double *x;
	size_t n;
	/* For each point its predecessor on the convex minorant, and its successor on the majorant. */
	size_t *before, *behind;
	struct hull minorant,
		majorant; /* the former from the high end down, the latter from the low end up */
	size_t low, high; /* ends of the modal interval */
	double worst;     /* in units of 1 / (2 n) */
};

static void find_before(struct dip *dip)
{
	const double *x = dip->x;

	dip->before[0] = 0;
	for (size_t j = 1; j < dip->n; j++) {
		size_t a = j - 1;

		while (a != 0) {
			size_t b = dip->before[a];

			if ((x[j] - x[a]) * (double)(a - b) < (x[a] - x[b]) * (double)(j - a))
				break;
			a = b;
		}
		dip->before[j] = a;
	}
}

static void find_behind(struct dip *dip)
{
	const double *x = dip->x;
	size_t end = dip->n - 1;

	dip->behind[end] = end;
	for (size_t j = end; j-- > 0;) {
		size_t a = j + 1;

		while (a != end) {
			size_t b = dip->behind[a];

			if ((x[a] - x[j]) * (double)(b - a) < (x[b] - x[a]) * (double)(a - j))
				break;
			a = b;
		}
		dip->behind[j] = a;
	}
}

static void trace_hulls(struct dip *dip)
{
	size_t i = 0;

	for (size_t at = dip->high; dip->minorant.points[i] = at, at > dip->low; i++)
		at = dip->before[at];
	dip->minorant.last = i;
	i = 0;
	for (size_t at = dip->low; dip->majorant.points[i] = at, at < dip->high; i++)
		at = dip->behind[at];
	dip->majorant.last = i;
}

/* Distance of a hull, between two of its points, from a point of the other hull, in counts. */
static double distance(const struct dip *dip, size_t from, size_t to, size_t at, bool above)
{
	double line =
		(dip->x[at] - dip->x[from]) * (double)(to - from) / (dip->x[to] - dip->x[from]);
	double steps = (double)(at - from);

	return above ? steps + 1 - line : line - steps + 1;
}

/* The largest distance between the hulls, and its points on both: the next modal interval. */
static double farthest(const struct dip *dip, size_t *ret_minorant, size_t *ret_majorant)
{
	const struct hull *low = &dip->minorant, *high = &dip->majorant;
	size_t i = low->last - 1, k = 1;
	double most = 0;

	*ret_minorant = low->last;
	*ret_majorant = high->last;
	if (low->last == 1 && high->last == 1)
		return 1;
	while (low->points[i] != high->points[k]) {
		bool at_majorant = low->points[i] > high->points[k];
		double d = at_majorant ? distance(dip, low->points[i + 1], low->points[i],
						  high->points[k], true)
				       : distance(dip, high->points[k - 1], high->points[k],
						  low->points[i], false);

		if (d >= most) {
			most = d;
			*ret_minorant = at_majorant ? i + 1 : i;
			*ret_majorant = k;
		}
		if (at_majorant && k < high->last)
			k++;
		else if (!at_majorant && i > 0)
			i--;
		else
			break;
	}
	return most;
}

/* Distance of the distribution from a hull's segment between two of its points. */
static double bulge(const struct dip *dip, size_t a, size_t b, bool convex)
{
	double most = 1;

	if (b - a <= 1 || dip->x[b] <= dip->x[a])
		return most;
	double slope = (double)(b - a) / (dip->x[b] - dip->x[a]);
	for (size_t i = a; i <= b; i++) {
		double line = (dip->x[i] - dip->x[a]) * slope, steps = (double)(i - a);

		most = fmax(most, convex ? steps + 1 - line : line - steps + 1);
	}
	return most;
}

static void narrow(struct dip *dip, size_t minorant, size_t majorant)
{
	for (size_t i = minorant; i < dip->minorant.last; i++)
		dip->worst = fmax(dip->worst, bulge(dip, dip->minorant.points[i + 1],
						    dip->minorant.points[i], true));
	for (size_t i = majorant; i < dip->majorant.last; i++)
		dip->worst = fmax(dip->worst, bulge(dip, dip->majorant.points[i],
						    dip->majorant.points[i + 1], false));
	dip->low = dip->minorant.points[minorant];
	dip->high = dip->majorant.points[majorant];
}

double modes_dip(const double *sorted, size_t count)
{
	struct dip dip = { .x = sorted, .n = count, .high = count - 1, .worst = 1 };
	size_t minorant, majorant;

	if (count < 2)
		return NAN;
	if (sorted[0] >= sorted[count - 1])
		return 1 / (2.0 * (double)count);
	_cleanup_free_ size_t *before = xcalloc(count, sizeof(*before));
	_cleanup_free_ size_t *behind = xcalloc(count, sizeof(*behind));
	_cleanup_free_ size_t *low = xcalloc(count, sizeof(*low));
	_cleanup_free_ size_t *high = xcalloc(count, sizeof(*high));
	dip.before = before;
	dip.behind = behind;
	dip.minorant.points = low;
	dip.majorant.points = high;
	find_before(&dip);
	find_behind(&dip);
	for (;;) {
		trace_hulls(&dip);
		if (farthest(&dip, &minorant, &majorant) < dip.worst)
			break;
		bool same = dip.low == low[minorant] && dip.high == high[majorant];
		narrow(&dip, minorant, majorant);
		if (same)
			break;
	}
	return dip.worst / (2.0 * (double)count);
}

/* The first of the upper group where a gap splits the values; 0: none is wide enough. */
static size_t find_gap(const double *x, size_t count, double critical_widths)
{
	size_t least = (size_t)ceil(GROUP_SHARE * (double)count);
	double widest = 0;
	size_t found = 0;

	for (size_t i = least; i + least <= count; i++) {
		double gap = x[i] - x[i - 1];
		double groups = fmax(x[i - 1] - x[0], x[count - 1] - x[i]);

		if (gap > widest && gap > critical_widths * groups) {
			widest = gap;
			found = i;
		}
	}
	return found;
}

/* Where two groups fit the values best: the least sum of squares within them. */
static size_t best_split(const double *x, size_t count)
{
	double all = 0, below = 0, best = -INFINITY;
	size_t found = 1;

	for (size_t i = 0; i < count; i++)
		all += x[i];
	for (size_t i = 1; i < count; i++) {
		below += x[i - 1];
		double low = below / (double)i, high = (all - below) / (double)(count - i);
		double between = (double)i * (double)(count - i) * (high - low) * (high - low);

		if (between > best) {
			best = between;
			found = i;
		}
	}
	return found;
}

static double median_of(const double *x, size_t count)
{
	return exp((x[(count - 1) / 2] + x[count / 2]) / 2);
}

/* Stretches of values of one group, in the order of measuring, are too few for chance. */
static bool lie_in_stretches(const double *values, size_t count, const struct modes *modes)
{
	double low = (double)modes->low_count, high = (double)modes->high_count, n = low + high;
	double expected = 2 * low * high / n + 1;
	double deviation = sqrt((expected - 1) * (expected - 2) / (n - 1));
	size_t stretches = 0;
	int last = -1;

	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		int group = values[i] > modes->border;
		stretches += group != last;
		last = group;
	}
	return (double)stretches < expected - 2 * deviation;
}

bool modes_find(const double *values, size_t count, struct modes *ret)
{
	size_t kept;
	_cleanup_free_ double *x = sorted_copy(values, count, &kept);

	if (kept < RUNS_MIN || x[0] <= 0)
		return false;
	for (size_t i = 0; i < kept; i++)
		x[i] = log(x[i]);
	const struct critical limit = critical_at(kept);
	size_t split = find_gap(x, kept, limit.gap);
	if (!split && modes_dip(x, kept) <= limit.dip)
		return false;
	if (!split)
		split = best_split(x, kept);
	*ret = (struct modes){
		.low = median_of(x, split),
		.high = median_of(x + split, kept - split),
		.low_count = split,
		.high_count = kept - split,
		.border = exp((x[split - 1] + x[split]) / 2),
	};
	ret->in_stretches = lie_in_stretches(values, count, ret);
	return true;
}
