/* SPDX-License-Identifier: MIT */
#include "alloc/options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"

void option_map_set(struct option_map *map, const char *key, const char *value)
{
	struct setting *option = (struct setting *)option_map_find(map, key);

	if (!option && map->count == OPTION_MAP_MAX)
		return;
	if (!option) {
		option = ARRAY_PUSH(map->items, map->count, map->alloc);
		option->key = xstrdup(key);
	}
	free(option->value);
	option->value = value ? xstrdup(value) : NULL;
}

const struct setting *option_map_find(const struct option_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (!strcasecmp(map->items[i].key, key))
			return &map->items[i];
	return NULL;
}

void option_map_read_values(struct option_map *map, const char *answer)
{
	_cleanup_free_ char *copy = xstrdup(answer);
	char *line, *rest = copy;

	while ((line = strsep(&rest, "\n"))) {
		char *value = strchr(line, ' ');

		if (value)
			*value++ = '\0';
		if (value && option_map_find(map, line))
			option_map_set(map, line, value);
	}
}

void option_map_read_tunables(struct option_map *map, const char *list, const char *prefix)
{
	_cleanup_free_ char *copy = xstrdup(list);
	char *line, *rest = copy;

	while ((line = strsep(&rest, "\n"))) {
		char *value = strstr(line, ": ");

		if (!value || strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		*value = '\0';
		value += 2;
		value[strcspn(value, " ")] = '\0';
		option_map_set(map, line + strlen(prefix), value);
	}
}

void option_map_release(struct option_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->count; i++) {
		free(map->items[i].key);
		free(map->items[i].value);
	}
	free(map->items);
	*map = (struct option_map){ 0 };
}

void assignments_addf(struct assignments *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*ARRAY_PUSH(env->items, env->count, env->alloc) = xvasprintf(fmt, ap);
	va_end(ap);
	*ARRAY_PUSH(env->items, env->count, env->alloc) = NULL;
	env->count--;
}

void assignments_release(struct assignments *env)
{
	if (!env)
		return;
	strv_free(env->items);
	*env = (struct assignments){ 0 };
}
