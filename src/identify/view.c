/* SPDX-License-Identifier: MIT */
#include "identify/view.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/xalloc.h"

struct held held_by(const struct traces *traces)
{
	struct held held = { .count = 0 };

	for (enum trace_of of = 0; of < TRACE_ALLOCATOR_COUNT; of++)
		if (of != TRACE_GLIBC && of != TRACE_MUSL && traces_first(traces, of))
			held.items[held.count++] = of;
	return held;
}

const char *entry_path(const struct scope_entry *entry)
{
	return entry->path ? entry->path : entry->name;
}

bool entry_is_libc(const struct scope *scope, const struct scope_entry *entry)
{
	if (!entry->object || entry->origin == SCOPE_PROGRAM)
		return false;
	return elf_object_defines(entry->object, "gnu_get_libc_version") ||
	       (scope->is_musl && elf_object_defines(entry->object, "__libc_start_main"));
}

void heap_set_preload(struct heap *heap, enum tristate answer, const char *reason)
{
	heap->preload_replaceable = answer;
	free(heap->preload_reason);
	heap->preload_reason = reason ? xstrdup(reason) : NULL;
}

void text_list_addf(struct text_list *list, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*ARRAY_PUSH(list->items, list->count, list->alloc) = xvasprintf(fmt, ap);
	va_end(ap);
}
