/* SPDX-License-Identifier: MIT */
#include "model/setting.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/version.h"
#include "base/xalloc.h"

const struct setting_group *setting_catalogue_find(const struct setting_catalogue *catalogue,
						   const char *allocator)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (!strcmp(catalogue->groups[i].allocator, allocator))
			return &catalogue->groups[i];
	return NULL;
}

const char *setting_default_value(const struct setting_info *info, const char *version)
{
	const char *value = NULL;

	for (const struct setting_default *item = info->defaults; item && item->value; item++)
		if (!item->since || !version || version_compare(version, item->since) >= 0)
			value = item->value;
	return value;
}

char *setting_default_text(const struct setting_info *info)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (info->fallback)
		return xstrdup(info->fallback);
	for (const struct setting_default *item = info->defaults; item && item->value; item++) {
		strbuf_addf(&text, "%s%s", text.len ? ", " : "", item->value);
		if (item[1].value)
			strbuf_addf(&text, " (before %s)", item[1].since);
		else if (item->since)
			strbuf_addf(&text, " (%s or later)", item->since);
	}
	return strbuf_detach(&text);
}

char *setting_versions_text(const struct setting_info *info)
{
	if (info->since && info->below)
		return xasprintf("%s or later, before %s", info->since, info->below);
	if (info->since)
		return xasprintf("%s or later", info->since);
	return info->below ? xasprintf("before %s", info->below) : NULL;
}
