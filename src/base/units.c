/* SPDX-License-Identifier: MIT */
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

/* The digits at the start of text; *end is left behind them. */
static int leading_u64(const char *text, uint64_t *ret, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	unsigned long long value = strtoull(text, &stop, 10);
	if (errno == ERANGE)
		return -ERANGE;
	*ret = value;
	*end = stop;
	return 0;
}

int parse_u64(const char *text, uint64_t *ret)
{
	const char *end;
	uint64_t value;
	int r = leading_u64(text, &value, &end);

	if (r < 0)
		return r;
	if (*end)
		return -EINVAL;
	*ret = value;
	return 0;
}

int parse_size(const char *text, uint64_t *ret_bytes)
{
	static const char letters[] = "KMGT";
	const char *end;
	uint64_t value;
	unsigned int shift = 0;
	int r = leading_u64(text, &value, &end);

	if (r < 0)
		return r;
	const char *letter = *end ? strchr(letters, toupper((unsigned char)*end)) : NULL;
	if (letter) {
		shift = 10 * (unsigned int)(letter - letters + 1);
		end++;
		if (!strcasecmp(end, "b") || !strcasecmp(end, "ib"))
			end += strlen(end);
	} else if (!strcasecmp(end, "b")) {
		end++;
	}
	if (*end)
		return -EINVAL;
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = value << shift;
	return 0;
}

static int leading_double(const char *text, double *ret, const char **end)
{
	char *stop;

	/* strtod would also take spaces, "inf", "nan" and hexadecimal. */
	if (!isdigit((unsigned char)text[0]) && !strchr("+-.", text[0]))
		return -EINVAL;
	if (strpbrk(text, "xXnN"))
		return -EINVAL;
	errno = 0;
	double value = strtod(text, &stop);
	if (stop == text || isspace((unsigned char)text[0]))
		return -EINVAL;
	if (errno == ERANGE || !isfinite(value))
		return -ERANGE;
	*ret = value;
	*end = stop;
	return 0;
}

int parse_double(const char *text, double *ret)
{
	const char *end;
	double value;

	if (!*text)
		return -EINVAL;
	int r = leading_double(text, &value, &end);
	if (r < 0)
		return r;
	if (*end)
		return -EINVAL;
	*ret = value;
	return 0;
}

int parse_duration_ns(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 },   { "s", 1e9 },  { "ms", 1e6 },   { "us", 1e3 },
		{ "ns", 1.0 }, { "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 },
	};
	_cleanup_strbuf_ struct strbuf number = STRBUF_INIT;
	size_t digits = strspn(text, "0123456789.");
	double value;

	strbuf_add(&number, text, digits);
	int r = parse_double(number.buf, &value);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(text + digits, units[i].name))
			continue;
		if (value * units[i].ns >= 9e18)
			return -ERANGE;
		*ret_ns = (uint64_t)llround(value * units[i].ns);
		return 0;
	}
	return -EINVAL;
}

int parse_pct(const char *text, double *ret_pct)
{
	_cleanup_strbuf_ struct strbuf number = STRBUF_INIT;
	size_t len = strlen(text);

	strbuf_add(&number, text, len && text[len - 1] == '%' ? len - 1 : len);
	return parse_double(number.buf, ret_pct);
}

/* Three significant digits of value after scaling to the largest fitting unit. */
static void format_scaled(struct strbuf *sb, double value, double step, const char *const *units,
			  size_t count)
{
	size_t unit = 0;

	while (unit + 1 < count && fabs(value) >= 0.9995 * step) {
		value /= step;
		unit++;
	}
	int decimals = unit == 0 && value == floor(value) ? 0
		       : fabs(value) < 9.995              ? 2
		       : fabs(value) < 99.95              ? 1
							  : 0;
	strbuf_addf(sb, "%.*f%s%s", decimals, value, *units[unit] ? " " : "", units[unit]);
}

void format_bytes(struct strbuf *sb, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };

	if (isnan(bytes))
		strbuf_addch(sb, '-');
	else
		format_scaled(sb, bytes, 1024, units, ARRAY_SIZE(units));
}

void format_ns(struct strbuf *sb, double ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	if (isnan(ns))
		strbuf_addch(sb, '-');
	else
		format_scaled(sb, ns, 1000, units, ARRAY_SIZE(units));
}

void format_rate(struct strbuf *sb, double per_s)
{
	static const char *const units[] = { "/s", "k/s", "M/s", "G/s" };

	if (isnan(per_s))
		strbuf_addch(sb, '-');
	else
		format_scaled(sb, per_s, 1000, units, ARRAY_SIZE(units));
}

void format_count(struct strbuf *sb, double count)
{
	char digits[400];

	if (isnan(count)) {
		strbuf_addch(sb, '-');
		return;
	}
	int len = snprintf(digits, sizeof(digits), "%.0f", fabs(count));
	if (count <= -0.5)
		strbuf_addch(sb, '-');
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			strbuf_addch(sb, ',');
		strbuf_addch(sb, digits[i]);
	}
}

void format_ratio(struct strbuf *sb, double ratio)
{
	if (isnan(ratio))
		strbuf_addch(sb, '-');
	else
		strbuf_addf(sb, ratio < 99.95 ? "%.2fx" : "%.0fx", ratio);
}

void format_size_exact(struct strbuf *sb, uint64_t bytes)
{
	static const char letters[] = "\0KMGT";
	unsigned int unit = 0;

	while (bytes && unit < 4 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	strbuf_addf(sb, "%llu", (unsigned long long)bytes);
	if (unit)
		strbuf_addch(sb, letters[unit]);
}
