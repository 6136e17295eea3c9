/* SPDX-License-Identifier: MIT */
#include "alloc/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc/library.h"
#include "alloc/setting.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "identify/keys.h"

void setting_verdict_release(struct setting_verdict *verdict)
{
	if (!verdict)
		return;
	free(verdict->reason);
	free(verdict->key);
	free(verdict->value);
	*verdict = (struct setting_verdict){ 0 };
}

/* -1, 0, 1 as version_compare(); of a version like "3" only the first number is compared. */
static int compare(const char *version, const char *bound)
{
	if (strchr(version, '.'))
		return version_compare(version, bound);
	return (atoi(version) > atoi(bound)) - (atoi(version) < atoi(bound));
}

static bool has(const char *version, const struct setting_info *info)
{
	return !version || ((!info->since || compare(version, info->since) >= 0) &&
			    (!info->below || compare(version, info->below) < 0));
}

/* Every name that the allocator knows, for a suggestion. */
static void list_names(const struct allocator *allocator, struct option_map *ret)
{
	const char *keys = keys_of(allocator->name);
	_cleanup_free_ char *copy = keys ? xstrdup(keys) : NULL;
	char *key, *rest = copy;

	while (rest && (key = strsep(&rest, " ")))
		if (*key && strncmp(key, "MALLOC_", strlen("MALLOC_")) != 0)
			option_map_set(ret, key, NULL);
}

static void judge_unknown(const struct allocator *allocator, const char *key,
			  struct setting_verdict *ret)
{
	_cleanup_option_map_ struct option_map names = { 0 };
	_cleanup_free_ char *shown = setting_key_text(allocator, key);

	list_names(allocator, &names);
	if (!names.count && !allocator->setting_count)
		return;
	const char *nearest = setting_suggest(allocator, &names, key);
	ret->reason = xasprintf("%s has no setting %s", allocator->name, shown);
	ret->key = nearest ? xstrdup(nearest) : NULL;
}

/* Whether it is written in the letters that the allocator reads. */
static bool is_in_its_case(const struct allocator *allocator, const struct setting_info *info,
			   const char *key)
{
	return allocator->any_case || allocator->upper_case || !strcmp(info->key, key) ||
	       strcasecmp(info->key, key) != 0;
}

void setting_judge_key(const struct allocator *allocator, const char *version, const char *key,
		       struct setting_verdict *ret)
{
	const struct setting_info *info = setting_info_find(allocator, key);

	const char *below = info ? NULL : key_below(allocator->name, key);

	*ret = (struct setting_verdict){ 0 };
	if (below) {
		if (version && compare(version, below) >= 0)
			ret->reason =
				xasprintf("%s %s has no setting %s: versions before %s had it",
					  allocator->name, version, key, below);
	} else if (!info) {
		if (!key_is_known(allocator->name, key))
			judge_unknown(allocator, key, ret);
	} else if (!has(version, info)) {
		_cleanup_free_ char *versions = setting_versions_text(info);
		_cleanup_free_ char *shown = setting_key_text(allocator, info->key);

		ret->reason = xasprintf("%s %s has no setting %s: it is in version %s",
					allocator->name, version, shown, versions);
	} else if (!is_in_its_case(allocator, info, key)) {
		ret->reason = xasprintf("%s reads its keys in small letters", allocator->name);
		ret->key = xstrdup(info->key);
	}
}

/* Whether the allocator itself reads the text as what it says. */
static bool reads_number(const struct allocator *allocator, const struct setting_info *info,
			 const char *value)
{
	char *end;

	if (info->kind == SETTING_DOUBLE)
		(void)strtod(value, &end);
	else
		(void)strtoull(value, &end, 0);
	return (end != value && !*end) ||
	       (allocator->reads == READS_UNITS && info->kind == SETTING_SIZE);
}

/* glibc stopped at the first letter until 2.38; from 2.39 on it refuses such a value. */
static bool reads_prefix(const struct allocator *allocator, const char *version)
{
	return allocator->reads == READS_PREFIX &&
	       (allocator != &allocator_glibc || !version || version_compare(version, "2.39") < 0);
}

/* jemalloc and glibc read hexadecimal numbers; the catalogue's parser does not. Caller frees. */
static char *in_decimal(const struct allocator *allocator, const char *value)
{
	char *end;

	if (!allocator->append || strncasecmp(value, "0x", 2) != 0)
		return xstrdup(value);
	unsigned long long number = strtoull(value, &end, 16);
	return *end ? xstrdup(value) : xasprintf("%llu", number);
}

/*
 * The number that a reader of prefixes finds at the start of a text, 0 where there is none. glibc reads without a sign
 * (elf/dl-tunables.c, _dl_strtoul): -1 is the largest number, as mallopt(3) has it of M_TRIM_THRESHOLD.
 */
static long long read_prefix(const struct allocator *allocator, const struct setting_info *info,
			     const char *value, const char **end)
{
	long long number = (long long)strtoull(value, (char **)end, allocator->append ? 0 : 10);

	if (number < 0 && allocator == &allocator_glibc && info->max == INT64_MAX)
		return INT64_MAX;
	return number;
}

static int takes(const struct allocator *allocator, const char *version,
		 const struct setting_info *info, const char *value, char **translated,
		 struct error *err)
{
	const struct library library = { .allocator = allocator, .version = (char *)version };
	int64_t number;
	int r = setting_translate(allocator, info, value, translated, &number, err);

	if (r == 0 && version && allocator->check)
		r = allocator->check(&library, info, number, err);
	return r;
}

/* A number as glibc and tcmalloc read it: as far as it is one. */
static void judge_prefix(const struct allocator *allocator, const char *version,
			 const struct setting_info *info, const char *value,
			 struct setting_verdict *ret)
{
	_cleanup_error_ struct error meant_err = ERROR_INIT, read_err = ERROR_INIT;
	_cleanup_free_ char *meant = NULL, *read = NULL;
	_cleanup_free_ char *key = setting_key_text(allocator, info->key);
	const char *end;
	long long number = read_prefix(allocator, info, value, &end);
	bool is_meant = takes(allocator, version, info, value, &meant, &meant_err) == 0;
	_cleanup_free_ char *decimal = xasprintf("%lld", number);

	if (*end && !reads_prefix(allocator, version)) {
		ret->reason = is_meant ? xasprintf("%s takes a plain number, not '%s'", key, value)
				       : TAKE_PTR(meant_err.message);
	} else if (takes(allocator, version, info, decimal, &read, &read_err) < 0) {
		ret->reason = meant_err.message ? TAKE_PTR(meant_err.message)
						: TAKE_PTR(read_err.message);
	} else if (*end || !*value) {
		ret->misread = true;
		ret->reason = xasprintf("%s reads %s: %s is %lld", allocator->name,
					!*value    ? "nothing as 0"
					: is_meant ? "no units"
						   : "a number as far as it is one",
					key, number);
	}
	if (ret->reason && is_meant && strcmp(meant, value) != 0)
		ret->value = TAKE_PTR(meant);
}

static void judge_value(const struct allocator *allocator, const char *version,
			const struct setting_info *info, const char *value,
			struct setting_verdict *ret)
{
	_cleanup_free_ char *translated = NULL;
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_free_ char *decimal = in_decimal(allocator, value);
	_cleanup_free_ char *key = setting_key_text(allocator, info->key);

	if (takes(allocator, version, info, decimal, &translated, &err) < 0) {
		ret->reason = TAKE_PTR(err.message);
		return;
	}
	if (info->kind == SETTING_CHOICE || list_has(info->choices, " ", value))
		return;
	if (info->kind == SETTING_BOOL) {
		if (!strcmp(value, allocator->truth[0]) || !strcmp(value, allocator->truth[1]) ||
		    list_has(allocator->truths, " ", value))
			return;
		ret->reason = xasprintf("%s takes %s or %s, not '%s'", key, allocator->truth[0],
					allocator->truth[1], value);
	} else if (!reads_number(allocator, info, value)) {
		ret->reason = xasprintf("%s takes a plain number, not '%s'", key, value);
	} else {
		return;
	}
	ret->value = TAKE_PTR(translated);
}

static bool is_whole_number(const struct setting_info *info)
{
	return info->kind == SETTING_SIZE || info->kind == SETTING_INT || info->kind == SETTING_MS;
}

void setting_judge(const struct allocator *allocator, const char *version, const char *key,
		   const char *value, struct setting_verdict *ret)
{
	const struct setting_info *info = setting_info_find(allocator, key);

	setting_judge_key(allocator, version, key, ret);
	if (ret->reason)
		return;
	if (info && allocator->reads == READS_PREFIX && is_whole_number(info))
		judge_prefix(allocator, version, info, value, ret);
	else if (!*value && allocator->reads != READS_UNITS)
		ret->reason = xasprintf("%s has no value", key);
	else if (info)
		judge_value(allocator, version, info, value, ret);
}
