/* SPDX-License-Identifier: MIT */
/* identify/analysis: an allocator in the program's file that does not serve malloc. */
#include "identify/analysis.h"

#include <string.h>

#define BY_OWN_NAMES "code that calls it by its own names"

/* The callers of an allocator in the program's file, one of `count` in it. Static. */
static const char *callers_of(const struct scope_entry *program, enum trace_of allocator,
			      enum trace_of global, size_t count)
{
	if (allocator == TRACE_ZIG)
		return "Zig code (std.heap)";
	if (count < 2 || !traces_first(&program->traces, TRACE_RUST))
		return rust_callers(program);
	if (global == TRACE_COUNT)
		return "Rust code, or " BY_OWN_NAMES;
	return allocator == global ? "Rust code" : BY_OWN_NAMES;
}

void own_heap_add(const struct target_view *view, struct identification *ret,
		  enum trace_of allocator, enum trace_of global, size_t count)
{
	const struct scope_entry *program = &view->scope->items[0];
	const char *serves = callers_of(program, allocator, global, count);
	struct heap *heap = heap_add(view, ret, program, allocator, serves, HEAP_LINKED_IN);

	if (allocator == global)
		text_list_addf(
			&heap->evidence,
			"the code behind __rust_alloc calls it: it is Rust's global allocator");
	else if (!strncmp(heap->serves, "Rust", 4))
		rust_add_evidence(heap, program);
	heap_set_preload(heap, TRISTATE_NO, "its calls are bound within the file");
}
