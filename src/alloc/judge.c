/* SPDX-License-Identifier: MIT */
#include "alloc/judge.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc/judge-value.h"
#include "alloc/setting.h"
#include "base/cleanup.h"
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
	free(verdict->read);
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

void setting_judge(const struct allocator *allocator, const char *version, const char *key,
		   const char *value, struct setting_verdict *ret)
{
	setting_judge_key(allocator, version, key, ret);
	if (!ret->reason)
		judge_value(allocator, version, key, value, ret);
}
