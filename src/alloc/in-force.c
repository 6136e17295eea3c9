/* SPDX-License-Identifier: MIT */
#include "alloc/in-force.h"

#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "alloc/setting.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

static void push(struct contender *contender, const char *key, const char *value)
{
	contender->settings = xreallocarray(contender->settings, contender->setting_count + 1,
					    sizeof(*contender->settings));
	contender->settings[contender->setting_count++] = (struct setting){
		.key = xstrdup(key),
		.value = xstrdup(value),
	};
}

/* A key and a value, separated as this allocator reads them; other texts are ignored. */
static void push_pair(struct contender *contender, const struct allocator *allocator, char *pair)
{
	char *value = strchr(pair, allocator->separator);

	if (!value)
		return;
	*value++ = '\0';
	const struct setting_info *info = setting_info_find(allocator, pair);
	if (info)
		push(contender, info->key, value);
}

/* "a:1,b:2" for jemalloc, "glibc.malloc.a=1:glibc.malloc.b=2" for glibc. */
static void push_list(struct contender *contender, const struct allocator *allocator,
		      const char *text)
{
	const char between[] = { allocator->append ? allocator->append : ',', '\0' };
	_cleanup_free_ char *copy = xstrdup(text);
	char *rest = copy, *pair;

	while ((pair = strsep(&rest, between)))
		push_pair(contender, allocator, pair);
}

void contender_add_in_force(struct contender *contender, const struct heap *heap)
{
	const struct allocator *allocator =
		heap->allocator ? allocator_by_name(heap->allocator) : NULL;

	if (!allocator)
		return;
	if (heap->compiled_in)
		push_list(contender, allocator, heap->compiled_in);
	for (size_t i = 0; i < heap->setting_count; i++) {
		const struct setting *found = &heap->settings[i];
		/* "MIMALLOC_PURGE_DELAY" is a key by itself, "MALLOC_CONF" holds a list of them. */
		const struct setting_info *info = setting_info_find(allocator, found->key);

		if (info)
			push(contender, info->key, found->value);
		else
			push_list(contender, allocator, found->value);
	}
}
