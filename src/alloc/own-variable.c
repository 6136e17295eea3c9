/* SPDX-License-Identifier: MIT */
#include "alloc/own-variable.h"

#include <string.h>

#include "alloc/setting.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

void own_variable_assign(const struct allocator *allocator, const struct setting *settings,
			 size_t count, struct assignments *env)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *key = setting_key_text(allocator, settings[i].key);

		assignments_addf(env, "%s%s=%s", allocator->stem, key, settings[i].value);
	}
}

char *own_variable_name(const struct allocator *allocator, const char *prefix, const char *key)
{
	if (!key)
		return xasprintf("%s*", allocator->stem);
	_cleanup_free_ char *name = setting_key_text(allocator, key);

	return xasprintf("%s%s=VALUE", allocator->stem, name);
}

struct list {
	const char *stem;
	struct option_map *options;
};

static bool add_name(const char *text, void *context)
{
	const struct list *list = context;
	size_t stem = strlen(list->stem);

	if (!strncmp(text, list->stem, stem) && text[stem] &&
	    strspn(text + stem, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == strlen(text + stem))
		option_map_set(list->options, text + stem, NULL);
	return false;
}

void own_variable_list(const struct allocator *allocator, const char *path,
		       const struct elf_object *object, struct option_map *ret)
{
	struct list list = { allocator->stem, ret };

	elf_object_find_text(object, add_name, &list);
}
