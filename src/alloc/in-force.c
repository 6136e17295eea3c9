/* SPDX-License-Identifier: MIT */
#include "alloc/in-force.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc/allocator.h"
#include "alloc/judge.h"
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

/* As the allocator reads it: a value that it takes for another one is that one, and what it refuses is not in force. */
static void push_read(struct contender *contender, const struct allocator *allocator,
		      const char *version, const char *key, const char *value)
{
	const struct setting_info *info = setting_info_find(allocator, key);
	_cleanup_setting_verdict_ struct setting_verdict verdict = { 0 };

	if (!info)
		return;
	setting_judge(allocator, version, key, value, &verdict);
	if (verdict.reason && !verdict.read)
		return;
	if (verdict.read)
		value = verdict.read;
	else if (info->kind == SETTING_BOOL)
		value = strchr("tTyY1", *value) || !strcasecmp(value, "on") ? "true" : "false";
	push(contender, info->key, value);
}

/* A key and a value, separated as this allocator reads them; other texts are ignored. */
static void push_pair(struct contender *contender, const struct allocator *allocator,
		      const char *version, char *pair)
{
	char *value = strchr(pair, allocator->separator);

	if (!value)
		return;
	*value++ = '\0';
	push_read(contender, allocator, version, pair, value);
}

/* "a:1,b:2" for jemalloc, "glibc.malloc.a=1:glibc.malloc.b=2" for glibc. */
static void push_list(struct contender *contender, const struct allocator *allocator,
		      const char *version, const char *text)
{
	const char between[] = { allocator->append ? allocator->append : ',', '\0' };
	_cleanup_free_ char *copy = xstrdup(text);
	char *rest = copy, *pair;

	while ((pair = strsep(&rest, between)))
		push_pair(contender, allocator, version, pair);
}

void contender_add_in_force(struct contender *contender, const struct heap *heap)
{
	const struct allocator *allocator =
		heap->allocator ? allocator_by_name(heap->allocator) : NULL;

	if (!allocator)
		return;
	if (heap->compiled_in)
		push_list(contender, allocator, heap->version, heap->compiled_in);
	for (size_t i = 0; i < heap->setting_count; i++) {
		const struct setting *found = &heap->settings[i];
		/* "MIMALLOC_PURGE_DELAY" is a key by itself, "MALLOC_CONF" holds a list of them. */
		if (setting_info_find(allocator, found->key))
			push_read(contender, allocator, heap->version, found->key, found->value);
		else
			push_list(contender, allocator, heap->version, found->value);
	}
}
