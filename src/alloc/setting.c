/* SPDX-License-Identifier: MIT */
#include "alloc/setting.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/slip.h"
#include "base/units.h"
#include "base/xalloc.h"

const struct setting_info *setting_info_find(const struct allocator *allocator, const char *key)
{
	for (size_t i = 0; i < allocator->setting_count; i++) {
		const struct setting_info *info = &allocator->settings[i];

		if (!strcasecmp(info->key, key) || list_has(info->aliases, " ", key))
			return info;
	}
	return NULL;
}

const char *setting_suggest(const struct allocator *allocator, const struct option_map *known,
			    const char *key)
{
	struct slip slip;

	slip_init(&slip, key);
	for (size_t i = 0; i < allocator->setting_count; i++)
		slip_consider(&slip, allocator->settings[i].key);
	for (size_t i = 0; known && i < known->count; i++)
		if (strncmp(known->items[i].key, "deprecated_", 11))
			slip_consider(&slip, known->items[i].key);
	return slip.best;
}

/* 1 true, 0 false, -1 neither. */
static int truth(const char *text)
{
	if (list_has("true yes on 1", " ", text))
		return 1;
	return list_has("false no off 0", " ", text) ? 0 : -1;
}

static int parse_integer(const char *text, int64_t *ret)
{
	uint64_t magnitude;
	bool negative = *text == '-';
	int r = parse_u64(text + negative, &magnitude);

	if (r < 0)
		return r;
	if (magnitude > INT64_MAX)
		return -ERANGE;
	*ret = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return 0;
}

/* "5000", "-1", or with a unit: "5s". */
static int parse_ms(const char *text, int64_t *ret)
{
	uint64_t ns;
	int r = parse_integer(text, ret);

	if (r != -EINVAL)
		return r;
	r = parse_duration_ns(text, &ns);
	if (r < 0)
		return r;
	if (ns % NS_PER_MS)
		return -EINVAL;
	*ret = (int64_t)(ns / NS_PER_MS);
	return 0;
}

static int parse_number(const struct setting_info *info, const char *value, int64_t *ret)
{
	uint64_t bytes = 0;
	double real;
	int r;

	switch (info->kind) {
	case SETTING_SIZE:
		r = parse_size(value, &bytes);
		*ret = bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
		return r;
	case SETTING_MS:
		return parse_ms(value, ret);
	case SETTING_DOUBLE:
		r = parse_double(value, &real);
		if (r == 0)
			*ret = (int64_t)(real < 0 ? floor(real) : ceil(real));
		return r;
	default:
		return parse_integer(value, ret);
	}
}

static const char *kind_text(enum setting_kind kind)
{
	switch (kind) {
	case SETTING_SIZE:
		return "a size such as 4096, 64K or 256M";
	case SETTING_MS:
		return "a time in milliseconds, such as 1000 or 5s";
	case SETTING_DOUBLE:
		return "a number";
	case SETTING_INT:
		return "a whole number";
	case SETTING_BOOL:
		return "true or false";
	default:
		return "one of the words it knows";
	}
}

static int refuse_value(const struct allocator *allocator, const struct setting_info *info,
			const char *value, bool is_range, struct error *err)
{
	_cleanup_free_ char *range = setting_range_text(info);
	_cleanup_free_ char *key = setting_key_text(allocator, info->key);
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s takes %s, not '%s'", key,
			  is_range ? range : kind_text(info->kind), value);

	error_hint(err, "values worth trying: %s", info->search);
	return r;
}

int setting_translate(const struct allocator *allocator, const struct setting_info *info,
		      const char *value, char **ret, int64_t *ret_number, struct error *err)
{
	int64_t number = 0;

	*ret_number = 0;
	*ret = NULL;
	if (!info || list_has(info->choices, " ", value)) {
		*ret = xstrdup(value);
		return 0;
	}
	if (info->kind == SETTING_BOOL) {
		int is = truth(value);

		if (is < 0)
			return refuse_value(allocator, info, value, false, err);
		*ret_number = is;
		*ret = xstrdup(allocator->truth[is]);
		return 0;
	}
	if (info->kind == SETTING_CHOICE)
		return refuse_value(allocator, info, value, true, err);
	int r = parse_number(info, value, &number);
	if (r == -EINVAL)
		return refuse_value(allocator, info, value, false, err);
	if (r < 0 || number < info->min || number > info->max)
		return refuse_value(allocator, info, value, true, err);
	*ret_number = number;
	*ret = info->kind == SETTING_DOUBLE ? xstrdup(value) : xasprintf("%lld", (long long)number);
	return 0;
}

bool setting_values_equal(const char *a, const char *b)
{
	char *end_a, *end_b;

	if (!strcasecmp(a, b))
		return true;
	if (truth(a) >= 0 && truth(a) == truth(b))
		return true;
	if (!*a || !*b)
		return false;
	unsigned long long whole_a = strtoull(a, &end_a, 0), whole_b = strtoull(b, &end_b, 0);
	if (!*end_a && !*end_b)
		return whole_a == whole_b;
	double real_a = strtod(a, &end_a), real_b = strtod(b, &end_b);
	return !*end_a && !*end_b && fabs(real_a - real_b) <= 1e-9 * fabs(real_a);
}

static void add_number(struct strbuf *sb, const struct setting_info *info, int64_t number)
{
	if (info->kind == SETTING_SIZE)
		format_size_exact(sb, (uint64_t)number);
	else
		strbuf_addf(sb, "%lld", (long long)number);
}

char *setting_number_text(const struct setting_info *info, int64_t number)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	add_number(&sb, info, number);
	return strbuf_detach(&sb);
}

static void add_words(struct strbuf *sb, const char *words)
{
	for (const char *word = words; *word;) {
		size_t len = strcspn(word, " ");

		if (sb->len)
			strbuf_addstr(sb, ", ");
		strbuf_add(sb, word, len);
		word += len;
		word += strspn(word, " ");
	}
}

char *setting_range_text(const struct setting_info *info)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (info->kind == SETTING_BOOL) {
		strbuf_addstr(&sb, "true, false");
	} else if (info->kind != SETTING_CHOICE) {
		add_number(&sb, info, info->min);
		if (info->max == INT64_MAX) {
			strbuf_addstr(&sb, " or more");
		} else {
			strbuf_addstr(&sb, " to ");
			add_number(&sb, info, info->max);
		}
	}
	if (info->choices)
		add_words(&sb, info->choices);
	return strbuf_detach(&sb);
}

char *setting_key_text(const struct allocator *allocator, const char *key)
{
	char *text = xstrdup(key);

	for (char *c = text; allocator->upper_case && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return text;
}
