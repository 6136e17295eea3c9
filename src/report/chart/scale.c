/* SPDX-License-Identifier: MIT */
#include "report/chart/scale.h"

#include <math.h>

#include "base/array.h"

double scale_at(const struct scale *scale, double value)
{
	double low = scale->low, high = scale->high;

	if (isnan(value))
		return NAN;
	if (scale->logarithmic) {
		low = log(low);
		high = log(high);
		value = value > 0 ? log(value) : low;
	}
	double part = high > low ? (value - low) / (high - low) : 0.5;
	return scale->from + fmin(fmax(part, 0), 1) * (scale->to - scale->from);
}

bool scale_is_beyond(const struct scale *scale, double value)
{
	double slack = 0.5 / fmax(fabs(scale->to - scale->from), 1);

	if (isnan(value))
		return false;
	if (!scale->logarithmic) {
		slack *= scale->high - scale->low;
		return value < scale->low - slack || value > scale->high + slack;
	}
	slack = exp(slack * log(scale->high / scale->low));
	return value < scale->low / slack || value > scale->high * slack;
}

void scale_include(struct scale *scale, double value)
{
	if (!isfinite(value) || (scale->logarithmic && value <= 0))
		return;
	scale->low = fmin(scale->low, value);
	scale->high = fmax(scale->high, value);
}

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double round_step(double least)
{
	double power = pow(10, floor(log10(least)));

	/* What log10() rounds away must not make the next step of one that is wanted exactly. */
	for (int i = 0; i < 4; i++) {
		static const double factors[] = { 1, 2, 5, 10 };

		if (factors[i] * power >= least * (1 - 1e-9))
			return factors[i] * power;
	}
	return 10 * power;
}

static double step_of(const struct scale *scale, double spacing)
{
	double room = fabs(scale->to - scale->from);
	double span = scale->high - scale->low;

	if (!(span > 0) || !(room > 0))
		return 0;
	return round_step(fmax(span * spacing / room, span / (SCALE_TICKS_MAX - 1)));
}

static size_t linear_ticks(const struct scale *scale, double spacing, double *ticks)
{
	double step = step_of(scale, spacing);
	size_t count = 0;

	if (!(step > 0)) {
		ticks[0] = scale->low;
		return 1;
	}
	for (double i = ceil(scale->low / step - 1e-6);
	     i * step <= scale->high + step * 1e-6 && count < SCALE_TICKS_MAX; i++)
		ticks[count++] = i * step;
	return count;
}

/* The mantissas of a decade that are named, most first. */
static const double mantissas[][7] = {
	{ 1, 1.2, 1.5, 2, 3, 5, 7 }, { 1, 1.5, 2, 3, 5, 7 }, { 1, 2, 5 }, { 1, 3 }, { 1 },
};

/* Whether all neighbours are far enough apart; fills in the ticks. */
static bool try_mantissas(const struct scale *scale, const double *row, double spacing,
			  double *ticks, size_t *ret_count)
{
	double last = NAN;
	size_t count = 0;

	for (double decade = floor(log10(scale->low)); decade <= ceil(log10(scale->high)); decade++)
		for (size_t i = 0; i < ARRAY_SIZE(mantissas[0]) && row[i] > 0; i++) {
			double tick = row[i] * pow(10, decade), place = scale_at(scale, tick);

			if (tick < scale->low * (1 - 1e-9) || tick > scale->high * (1 + 1e-9))
				continue;
			if (count == SCALE_TICKS_MAX || fabs(place - last) < spacing)
				return false;
			ticks[count++] = tick;
			last = place;
		}
	*ret_count = count;
	return true;
}

static bool are_apart(const struct scale *scale, const double *ticks, size_t count, double spacing)
{
	for (size_t i = 1; i < count; i++)
		if (fabs(scale_at(scale, ticks[i]) - scale_at(scale, ticks[i - 1])) < spacing)
			return false;
	return true;
}

/* As far apart on a logarithmic scale as they are wanted, though their steps are equal. */
static size_t equal_steps(const struct scale *scale, double spacing, double *ticks)
{
	size_t count = 0;

	for (double wanted = spacing; wanted < 8 * spacing; wanted *= 1.3) {
		count = linear_ticks(scale, wanted, ticks);
		if (are_apart(scale, ticks, count, spacing))
			break;
	}
	return count;
}

/* Below this, a logarithm is nearly straight, and decades may have too few round values. */
#define NEARLY_LINEAR 1.6
#define DECADES_RATHER 4.0

size_t scale_ticks(const struct scale *scale, double spacing, double ticks[SCALE_TICKS_MAX])
{
	double reach = scale->high / scale->low;
	size_t count = 0;

	if (!scale->logarithmic)
		return linear_ticks(scale, spacing, ticks);
	for (size_t i = 0; reach >= NEARLY_LINEAR && i < ARRAY_SIZE(mantissas); i++)
		if (try_mantissas(scale, mantissas[i], spacing, ticks, &count))
			break;
	if (reach < NEARLY_LINEAR || (count < 3 && reach < DECADES_RATHER))
		return equal_steps(scale, spacing, ticks);
	return count;
}

void scale_widen(struct scale *scale, double spacing)
{
	double step = step_of(scale, spacing);

	if (scale->logarithmic || !(step > 0))
		return;
	scale->low = floor(scale->low / step + 1e-6) * step;
	scale->high = ceil(scale->high / step - 1e-6) * step;
}

void scale_add_tick(struct strbuf *out, double tick)
{
	/* A sum of steps may miss 0 by a rounding. */
	strbuf_addf(out, "%.6g", fabs(tick) < 1e-12 ? 0 : tick);
}

struct scale_unit scale_unit_for(enum metric_unit unit, double high)
{
	static const struct scale_unit times[] = {
		{ "ns", 1 }, { "\u00b5s", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }
	};
	static const struct scale_unit sizes[] = {
		{ "B", 1 }, { "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824 }
	};
	static const struct scale_unit rates[] = {
		{ "/s", 1 }, { "k/s", 1e3 }, { "M/s", 1e6 }, { "G/s", 1e9 }
	};
	static const struct scale_unit counts[] = { { "", 1 },
						    { "thousand", 1e3 },
						    { "million", 1e6 } };
	static const struct {
		const struct scale_unit *units;
		size_t count;
	} all[] = {
		[UNIT_NS] = { times, ARRAY_SIZE(times) },
		[UNIT_BYTES] = { sizes, ARRAY_SIZE(sizes) },
		[UNIT_PER_S] = { rates, ARRAY_SIZE(rates) },
		[UNIT_COUNT] = { counts, ARRAY_SIZE(counts) },
		[UNIT_NUMBER] = { counts, 1 },
	};
	size_t i = all[unit].count - 1;

	while (i && high < all[unit].units[i].size)
		i--;
	return all[unit].units[i];
}
