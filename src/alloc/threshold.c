/* SPDX-License-Identifier: MIT */
#include "alloc/threshold.h"

#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "alloc/setting.h"
#include "base/array.h"
#include "base/units.h"
#include "base/version.h"
#include "base/xalloc.h"

static bool is_of_version(const struct size_threshold *row, const char *version)
{
	if (!version)
		return !row->since && !row->below;
	return (!row->since || version_compare(version, row->since) >= 0) &&
	       (!row->below || version_compare(version, row->below) < 0);
}

/* The contender's own value of the setting; else the default. */
static const char *value_of(const struct allocator *allocator, const struct size_threshold *row,
			    const struct contender *contender)
{
	for (size_t i = 0; row->key && i < contender->setting_count; i++) {
		const struct setting_info *info =
			setting_info_find(allocator, contender->settings[i].key);

		if (info && !strcmp(info->key, row->key))
			return contender->settings[i].value;
	}
	return row->value;
}

static int compare_thresholds(const void *a, const void *b)
{
	const struct sweep_threshold *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

void contender_thresholds(const struct contender *contender, struct sweep_threshold **ret,
			  size_t *ret_count)
{
	const struct allocator *allocator =
		contender->allocator ? allocator_by_name(contender->allocator) : NULL;
	size_t count = 0, alloc = 0;

	*ret = NULL;
	for (const struct size_threshold *row = allocator ? allocator->thresholds : NULL;
	     row && row->value; row++) {
		uint64_t value;

		if (!is_of_version(row, contender->version) ||
		    parse_size(value_of(allocator, row, contender), &value) < 0)
			continue;
		if (row->last_below)
			value = row->last_below(value);
		if (value)
			*ARRAY_PUSH(*ret, count, alloc) = (struct sweep_threshold){
				.value = value,
				.name = xstrdup(row->name),
				.text = xstrdup(row->text),
			};
	}
	if (count)
		qsort(*ret, count, sizeof(**ret), compare_thresholds);
	*ret_count = count;
}

void threshold_list_free(struct sweep_threshold *thresholds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(thresholds[i].name);
		free(thresholds[i].text);
	}
	free(thresholds);
}
