/* SPDX-License-Identifier: MIT */
/*
 * How allocators read a value, beside what it should be:
 *
 * glibc        elf/dl-tunables.c, _dl_strtoul: an unsigned number, also hexadecimal or octal, so that -1 is the largest
 *              one, as mallopt(3) has it of M_TRIM_THRESHOLD; nothing is 0. What follows the number was left until 2.38,
 *              and from 2.39 on such a value is ignored.
 * gperftools   base/commandlineflags.h, EnvToInt64 and EnvToDouble: strtoll and strtod, whatever follows; sizes lose
 *              their sign.
 * jemalloc     src/jemalloc.c, CONF_HANDLE_*: strtoumax with base 0, and nothing behind it. Its `clip` is
 *              setting_info.clamps.
 * mimalloc     src/options.c, mi_option_init: a word for true or false in any case, nothing being true; a decimal number;
 *              for sizes with K, M, G.
 */
#include "alloc/judge-value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc/library.h"
#include "alloc/setting.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/version.h"
#include "base/xalloc.h"

struct judging {
	const struct allocator *allocator;
	const char *version;
	const struct setting_info *info;
	const char *key; /* as it is shown */
	const char *value;
	struct setting_verdict *verdict;
};

/* Whether the catalogue has the value in the range of the setting; the message says why not. */
static bool takes(const struct judging *judging, const char *value, char **translated,
		  struct error *err)
{
	const struct allocator *allocator = judging->allocator;
	const struct library library = { .allocator = allocator,
					 .version = (char *)judging->version };
	int64_t number;

	return setting_translate(allocator, judging->info, value, translated, &number, err) == 0 &&
	       (!judging->version || !allocator->check ||
		allocator->check(&library, judging->info, number, err) == 0);
}

static void say_plain(const struct judging *judging)
{
	judging->verdict->reason =
		xasprintf("%s takes a plain number, not '%s'", judging->key, judging->value);
}

/* Whether the number, read from a text, is beyond an end of the range that is taken in its place. */
static bool judge_clamped(const struct judging *judging, const char *read, long long number)
{
	const struct setting_info *info = judging->info;
	bool above = info->clamps & SETTING_CLAMPS_ABOVE && number > info->max;
	bool below = info->clamps & SETTING_CLAMPS_BELOW && number < info->min;

	if (!above && !below)
		return false;
	_cleanup_free_ char *range = setting_range_text(info);
	_cleanup_free_ char *end = setting_number_text(info, above ? info->max : info->min);
	judging->verdict->reason =
		xasprintf("%s takes %s: %s is taken as %s", judging->key, range, read, end);
	judging->verdict->misread = true;
	judging->verdict->read = xasprintf("%lld", (long long)(above ? info->max : info->min));
	return true;
}

/* --- what stops at the end of a number: glibc, gperftools */

static bool reads_what_is_behind(const struct judging *judging)
{
	return judging->allocator == &allocator_glibc && judging->version &&
	       version_compare(judging->version, "2.39") >= 0;
}

static long long read_prefix(const struct judging *judging, const char **end)
{
	bool is_glibc = judging->allocator == &allocator_glibc;
	long long number = (long long)strtoull(judging->value, (char **)end, is_glibc ? 0 : 10);

	bool is_unsigned =
		is_glibc ? judging->info->max == INT64_MAX : judging->info->kind == SETTING_SIZE;

	return number < 0 && is_unsigned ? INT64_MAX : number;
}

static void judge_prefix(const struct judging *judging)
{
	_cleanup_error_ struct error meant_err = ERROR_INIT, read_err = ERROR_INIT;
	_cleanup_free_ char *meant = NULL, *read = NULL;
	struct setting_verdict *verdict = judging->verdict;
	const char *value = judging->value, *end;
	long long number = read_prefix(judging, &end);
	bool is_meant = takes(judging, value, &meant, &meant_err);
	_cleanup_free_ char *decimal = xasprintf("%lld", number);
	_cleanup_free_ char *text = xstrndup(value, (size_t)(end - value));

	if (*end && reads_what_is_behind(judging)) {
		if (is_meant)
			say_plain(judging);
		else
			verdict->reason = TAKE_PTR(meant_err.message);
	} else if (!judge_clamped(judging, text, number)) {
		bool is_taken = takes(judging, decimal, &read, &read_err);

		verdict->misread = is_taken && (*end || !*value);
		if (verdict->misread)
			verdict->read = xstrdup(decimal);
		if (!is_taken)
			verdict->reason = meant_err.message ? TAKE_PTR(meant_err.message)
							    : TAKE_PTR(read_err.message);
		else if (verdict->misread)
			verdict->reason =
				xasprintf("%s reads %s: %s is %lld", judging->allocator->name,
					  !*value    ? "nothing as 0"
					  : is_meant ? "no units"
						     : "a number as far as it is one",
					  judging->key, number);
	}
	if (verdict->reason && is_meant && strcmp(meant, value) != 0)
		verdict->value = TAKE_PTR(meant);
}

static void judge_prefix_double(const struct judging *judging)
{
	char *end;
	double number = strtod(judging->value, &end);

	if (!*end && *judging->value)
		return;
	judging->verdict->misread = true;
	judging->verdict->read = xasprintf("%g", number);
	judging->verdict->reason = xasprintf("%s reads a number as far as it is one: %s is %g",
					     judging->allocator->name, judging->key, number);
}

/* --- what takes the whole text or nothing: jemalloc, mimalloc; and words */

/* jemalloc reads hexadecimal numbers; the catalogue's parser does not. Caller frees. */
static char *in_decimal(const char *value)
{
	char *end;

	if (strncasecmp(value, "0x", 2) != 0)
		return xstrdup(value);
	unsigned long long number = strtoull(value, &end, 16);
	return *end ? xstrdup(value) : xasprintf("%llu", number);
}

static bool is_plain_number(const char *value, enum setting_kind kind)
{
	char *end;

	if (kind == SETTING_DOUBLE)
		(void)strtod(value, &end);
	else
		(void)strtoull(value, &end, 0);
	return end != value && !*end;
}

static void judge_whole(const struct judging *judging)
{
	const struct setting_info *info = judging->info;
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_free_ char *translated = NULL;
	bool has_units = judging->allocator->reads == READS_UNITS && info->kind == SETTING_SIZE;
	bool is_plain = is_plain_number(judging->value, info->kind);
	_cleanup_free_ char *decimal =
		is_plain ? in_decimal(judging->value) : xstrdup(judging->value);

	if (is_plain && judge_clamped(judging, judging->value, strtoll(decimal, NULL, 10)))
		return;
	if (!takes(judging, decimal, &translated, &err)) {
		judging->verdict->reason = TAKE_PTR(err.message);
	} else if (!is_plain && !has_units) {
		say_plain(judging);
		judging->verdict->value = TAKE_PTR(translated);
	}
}

/* Words for true and false, as the allocator reads them. */
static bool is_truth(const struct allocator *allocator, const char *value)
{
	return !strcmp(value, allocator->truth[0]) || !strcmp(value, allocator->truth[1]) ||
	       list_has(allocator->truths, " ", value);
}

static void judge_truth(const struct judging *judging)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	const char *const *truth = judging->allocator->truth;

	if (is_truth(judging->allocator, judging->value))
		return;
	if (takes(judging, judging->value, &judging->verdict->value, &err))
		judging->verdict->reason = xasprintf("%s takes %s or %s, not '%s'", judging->key,
						     truth[0], truth[1], judging->value);
	else
		judging->verdict->reason = TAKE_PTR(err.message);
}

static void judge_choice(const struct judging *judging)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_free_ char *translated = NULL;

	if (!takes(judging, judging->value, &translated, &err))
		judging->verdict->reason = TAKE_PTR(err.message);
}

/* A key of mimalloc outside the catalogue: a number, a size or a word. */
static bool could_be_taken(const struct allocator *allocator, const char *value)
{
	static const char units[] = "KMGTIB";
	char *end;

	if (allocator->reads != READS_UNITS || is_truth(allocator, value))
		return true;
	(void)strtoll(value, &end, 10);
	if (end == value)
		return false;
	while (*end && strchr(units, *end & ~0x20))
		end++;
	return !*end;
}

static void judge_known(const struct judging *judging)
{
	const struct setting_info *info = judging->info;
	bool is_number = info->kind != SETTING_CHOICE && info->kind != SETTING_BOOL;

	if (is_number && list_has(info->choices, " ", judging->value))
		return;
	if (judging->allocator->reads == READS_UNITS &&
	    is_truth(judging->allocator, judging->value))
		return;
	if (info->kind == SETTING_BOOL)
		judge_truth(judging);
	else if (info->kind == SETTING_CHOICE)
		judge_choice(judging);
	else if (judging->allocator->reads != READS_PREFIX)
		judge_whole(judging);
	else if (info->kind == SETTING_DOUBLE)
		judge_prefix_double(judging);
	else
		judge_prefix(judging);
}

void judge_value(const struct allocator *allocator, const char *version, const char *key,
		 const char *value, struct setting_verdict *verdict)
{
	const struct setting_info *info = setting_info_find(allocator, key);
	_cleanup_free_ char *shown = setting_key_text(allocator, info ? info->key : key);
	const struct judging judging = { allocator, version, info, shown, value, verdict };
	bool is_prefix = info && allocator->reads == READS_PREFIX && info->kind != SETTING_BOOL &&
			 info->kind != SETTING_CHOICE;

	if (!*value && allocator->reads == READS_UNITS) {
		verdict->misread = true;
		verdict->read = xstrdup("1");
		verdict->reason =
			xasprintf("%s reads nothing as true: %s is 1", allocator->name, shown);
	} else if (!*value && !is_prefix) {
		verdict->reason = xasprintf("%s has no value", shown);
	} else if (info) {
		judge_known(&judging);
	} else if (!could_be_taken(allocator, value)) {
		verdict->reason = xasprintf(
			"%s takes a number or a word for true or false, not '%s'", shown, value);
	}
}
