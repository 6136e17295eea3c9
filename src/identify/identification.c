/* SPDX-License-Identifier: MIT */
/* identify/identify: what was found, as data. */
#include <stdlib.h>

#include "base/array.h"
#include "identify/identify.h"

static void text_list_release(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

static void heap_release(struct heap *heap)
{
	char *texts[] = { heap->serves,   heap->allocator,   heap->version,
			  heap->object,   heap->env_var,     heap->config_file,
			  heap->set_with, heap->compiled_in, heap->preload_reason };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < heap->setting_count; i++) {
		free(heap->settings[i].key);
		free(heap->settings[i].value);
	}
	free(heap->settings);
	text_list_release(&heap->evidence);
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
	}
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
