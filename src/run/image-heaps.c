/* SPDX-License-Identifier: MIT */
#include "run/image-heaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "identify/identify.h"

/* A part of the CPU time; at most so many programs have one. */
enum { WORTH_PART = 50 };

static bool is_own(const struct identification *program)
{
	const struct heap *heap = program->heap_count ? &program->heaps[0] : NULL;

	return heap && heap->allocator && heap->how == HEAP_LINKED_IN &&
	       heap->preload_replaceable == TRISTATE_NO;
}

static void look_at(char *const *environment, struct image_heap *heap)
{
	_cleanup_identification_ struct identification program = { 0 };

	if (identify_file(heap->path, environment, &program, NULL) < 0 || !is_own(&program))
		return;
	heap->allocator = xstrdup(program.heaps[0].allocator);
	heap->set_with = program.heaps[0].set_with ? xstrdup(program.heaps[0].set_with) : NULL;
}

static struct image_heap *find(const struct image_heaps *heaps, const char *path)
{
	for (size_t i = 0; i < heaps->count; i++)
		if (!strcmp(heaps->items[i].path, path))
			return &heaps->items[i];
	return NULL;
}

/* What all processes took that ran the same file. */
static uint64_t cpu_of(const struct lineage *lineage, const char *path)
{
	uint64_t cpu_ns = 0;

	for (size_t i = 0; i < lineage->count; i++)
		if (!strcmp(lineage->images[i].path, path))
			cpu_ns += lineage->images[i].cpu_ns;
	return cpu_ns;
}

void image_heaps_find(const struct lineage *lineage, char *const *environment,
		      struct image_heaps *ret)
{
	uint64_t total_ns = 0;

	for (size_t i = 0; i < lineage->count; i++)
		total_ns += lineage->images[i].cpu_ns;
	for (size_t i = 0; i < lineage->count; i++) {
		const char *path = lineage->images[i].path;

		if (path[0] != '/' || find(ret, path))
			continue;
		struct image_heap *heap = ARRAY_PUSH(ret->items, ret->count, ret->alloc);
		*heap = (struct image_heap){ .path = xstrdup(path) };
		if (cpu_of(lineage, path) >= total_ns / WORTH_PART)
			look_at(environment, heap);
	}
}

const struct image_heap *image_heaps_of(const struct image_heaps *heaps, const char *path)
{
	const struct image_heap *found = find(heaps, path);

	return found && found->allocator ? found : NULL;
}

void image_heaps_release(struct image_heaps *heaps)
{
	for (size_t i = 0; i < heaps->count; i++) {
		free(heaps->items[i].path);
		free(heaps->items[i].allocator);
		free(heaps->items[i].set_with);
	}
	free(heaps->items);
	*heaps = (struct image_heaps){ 0 };
}
