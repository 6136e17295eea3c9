/* SPDX-License-Identifier: MIT */
/* identify/identify: what was found, as data. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "identify/identify.h"

static void text_list_release(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

static void settings_release(struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(settings[i].key);
		free(settings[i].value);
	}
	free(settings);
}

static void heap_release(struct heap *heap)
{
	char *texts[] = { heap->serves,  heap->allocator,      heap->version,  heap->object,
			  heap->env_var, heap->config_file,    heap->set_with, heap->compiled_in,
			  heap->unused,  heap->preload_reason, heap->chosen_by };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	settings_release(heap->settings, heap->setting_count);
	text_list_release(&heap->evidence);
}

static void without_effect_release(struct without_effect *row)
{
	free(row->variable);
	free(row->value);
	free(row->reason);
	free(row->instead);
}

struct without_effect *identification_add_ineffective(struct identification *identification,
						      const char *variable, const char *value,
						      const char *reason, const char *instead)
{
	struct without_effect *row =
		ARRAY_PUSH(identification->ineffective, identification->ineffective_count,
			   identification->ineffective_alloc);

	*row = (struct without_effect){
		.variable = xstrdup(variable),
		.value = xstrdup(value),
		.reason = xstrdup(reason),
		.instead = instead ? xstrdup(instead) : NULL,
	};
	return row;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void identification_take_heap(struct identification *identification, struct heap *heap)
{
	for (size_t i = 0; i < identification->heap_count; i++)
		if (is_same(identification->heaps[i].env_var, heap->env_var) &&
		    is_same(identification->heaps[i].object, heap->object))
			return;
	*ARRAY_PUSH(identification->heaps, identification->heap_count, identification->heap_alloc) =
		*heap;
	*heap = (struct heap){ 0 };
}

void identification_release(struct identification *identification)
{
	if (!identification)
		return;
	for (size_t i = 0; i < identification->heap_count; i++)
		heap_release(&identification->heaps[i]);
	for (size_t i = 0; i < identification->layer_count; i++) {
		free(identification->layers[i].name);
		free(identification->layers[i].text);
		free(identification->layers[i].unused);
	}
	for (size_t i = 0; i < identification->ineffective_count; i++)
		without_effect_release(&identification->ineffective[i]);
	free(identification->ineffective);
	settings_release(identification->unread, identification->unread_count);
	free(identification->heaps);
	free(identification->layers);
	free(identification->target);
	free(identification->path);
	free(identification->machine);
	free(identification->interpreter);
	text_list_release(&identification->notes);
	*identification = (struct identification){ 0 };
}

enum tristate identification_preload_replaceable(const struct identification *identification)
{
	return identification->heap_count ? identification->heaps[0].preload_replaceable
					  : TRISTATE_UNKNOWN;
}

const char *heap_how_text(enum heap_how how)
{
	static const char *const texts[] = {
		[HEAP_HOW_UNKNOWN] = NULL,      [HEAP_LIBC] = "libc",
		[HEAP_NEEDED] = "needed",       [HEAP_LINKED_IN] = "linked-in",
		[HEAP_PRELOADED] = "preloaded", [HEAP_LOADED] = "loaded",
	};

	return texts[how];
}
