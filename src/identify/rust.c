/* SPDX-License-Identifier: MIT */
/* identify/analysis: whether Rust code has its own allocator, and the evidence. */
#include "identify/analysis.h"

#include "identify/elf.h"

/*
 * Whether Rust code uses its own allocator. The default one leaves its functions in the symbol
 * table, and is the only code of the standard library that calls calloc.
 */
enum tristate rust_has_allocator(const struct scope_entry *program)
{
	const struct traces *traces = &program->traces;

	if (!traces_first(traces, TRACE_RUST) || traces->symbol[TRACE_RUST_DEFAULT])
		return TRISTATE_NO;
	if (elf_kind_of(program->object) != ELF_PROGRAM_STATIC &&
	    !traces->symbol[TRACE_RUST_CALLOC])
		return TRISTATE_YES;
	return traces->symbol[TRACE_RUST_SHIM] ? TRISTATE_YES : TRISTATE_UNKNOWN;
}

const char *rust_callers(const struct scope_entry *program)
{
	if (!traces_first(&program->traces, TRACE_RUST))
		return "code that calls it by its own names";
	switch (rust_has_allocator(program)) {
	case TRISTATE_YES:
		return "Rust code";
	case TRISTATE_NO:
		return "code that calls it by its own names";
	case TRISTATE_UNKNOWN:
		break;
	}
	return "Rust code, or C code that calls it by its own names";
}

void rust_add_evidence(struct heap *heap, const struct scope_entry *program)
{
	const struct traces *traces = &program->traces;

	if (!traces_first(traces, TRACE_RUST))
		return;
	if (traces->symbol[TRACE_RUST_SHIM])
		text_list_addf(&heap->evidence,
			       "Rust's default allocator (__rdl_alloc) is not in the "
			       "symbol table");
	if (elf_kind_of(program->object) != ELF_PROGRAM_STATIC &&
	    !traces->symbol[TRACE_RUST_CALLOC])
		text_list_addf(&heap->evidence,
			       "calloc, which Rust's default allocator calls, is not "
			       "imported");
}

void rust_add_unknown_heap(const struct target_view *view, struct identification *ret)
{
	const struct scope_entry *program = &view->scope->items[0];
	struct heap *heap = heap_add(view, ret, program, TRACE_COUNT, "Rust code", HEAP_LINKED_IN);

	rust_add_evidence(heap, program);
	heap_set_preload(heap, TRISTATE_UNKNOWN, "it is not known which allocator it is");
	text_list_addf(&ret->notes,
		       "Rust code seems to have an allocator of its own that leaves no "
		       "trace madvisor knows");
}
