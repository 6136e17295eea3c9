/* SPDX-License-Identifier: MIT */
#include "identify/analysis.h"

#include <stdlib.h>
#include <string.h>

#include "identify/elf.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/*
 * The single allocator of an object that defines malloc. Sanitizers and browsers contain parts of
 * others; otherwise two are ambiguous.
 */
static enum trace_of sole_allocator(const struct held *held)
{
	static const enum trace_of overriding[] = { TRACE_ASAN, TRACE_PARTITION,
						    TRACE_MOZJEMALLOC };

	for (size_t o = 0; o < ARRAY_SIZE(overriding); o++)
		for (size_t i = 0; i < held->count; i++)
			if (held->items[i] == overriding[o])
				return overriding[o];
	return held->count == 1 ? held->items[0] : TRACE_COUNT;
}

static void add_binding_evidence(struct heap *heap, const struct scope_entry *entry)
{
	switch (entry->origin) {
	case SCOPE_PROGRAM:
		text_list_addf(&heap->evidence,
			       "the program exports malloc, and comes first in the "
			       "loader's order");
		break;
	case SCOPE_PRELOADED:
		text_list_addf(&heap->evidence, "%s defines malloc and is preloaded",
			       entry_path(entry));
		break;
	case SCOPE_NEEDED:
	case SCOPE_LOADED:
		text_list_addf(&heap->evidence,
			       "%s is the first in the loader's order that defines malloc",
			       entry_path(entry));
		break;
	}
}

static void judge_preload(const struct target_view *view, struct heap *heap)
{
	if (view->secure_reason) {
		_cleanup_free_ char *reason = xasprintf(
			"%s: the loader ignores LD_PRELOAD, except for those who have its rights already",
			view->secure_reason);

		heap_set_preload(heap, TRISTATE_NO, reason);
	} else if (heap->how == HEAP_LINKED_IN) {
		heap_set_preload(
			heap, TRISTATE_NO,
			"the program defines malloc itself, and the loader looks there first");
	} else if (heap->allocator && !strcmp(heap->allocator, "sanitizer")) {
		heap_set_preload(heap, TRISTATE_NO, "a sanitizer insists on being first");
	} else {
		heap_set_preload(heap, TRISTATE_YES, NULL);
	}
}

/* The heap that malloc binds to. */
static void add_malloc_heap(const struct target_view *view, struct identification *ret,
			    const struct scope_entry *entry, const char *serves)
{
	struct held held = held_by(&entry->traces);
	struct heap *heap;

	if (entry_is_libc(view->scope, entry))
		heap = heap_add(view, ret, entry, view->scope->is_musl ? TRACE_MUSL : TRACE_GLIBC,
				serves, HEAP_LIBC);
	else
		heap = heap_add(view, ret, entry, sole_allocator(&held), serves,
				entry->origin == SCOPE_PROGRAM     ? HEAP_LINKED_IN
				: entry->origin == SCOPE_PRELOADED ? HEAP_PRELOADED
								   : HEAP_NEEDED);
	add_binding_evidence(heap, entry);
	judge_preload(view, heap);
	if (!heap->allocator)
		text_list_addf(&ret->notes,
			       "malloc is defined by %s, an allocator unknown to madvisor",
			       entry_path(entry));
}

/*
 * Recognises a missing library by its name. Returns its entry, or NULL.
 */
static const struct scope_entry *add_absent_heap(const struct target_view *view,
						 struct identification *ret, const char *serves)
{
	for (size_t i = 1; i < view->scope->count; i++) {
		const struct scope_entry *entry = &view->scope->items[i];

		if (entry->object || entry->origin == SCOPE_LOADED ||
		    !is_allocator_name(entry->name))
			continue;
		judge_preload(view, heap_add_by_name(view, ret, entry, serves));
		return entry;
	}
	return NULL;
}

/* CPython 3.13 carries mimalloc for builds without the interpreter lock. */
static bool is_optional(const struct scope_entry *entry, enum trace_of allocator,
			struct identification *ret)
{
	if (allocator != TRACE_MIMALLOC || !traces_first(&entry->traces, TRACE_PYTHON))
		return false;
	text_list_addf(&ret->notes, "mimalloc is built into Python; it serves Python objects with "
				    "PYTHONMALLOC=mimalloc and in free-threaded builds");
	return true;
}

/* The program's own allocator, listed before malloc's: it serves the bulk of the code. */
static void add_program_heaps(const struct target_view *view, struct identification *ret,
			      const struct scope_entry *definer)
{
	const struct scope_entry *program = &view->scope->items[0];
	struct held held = held_by(&program->traces);
	bool any = false;

	if (program == definer)
		return;
	enum trace_of global = rust_put_global_first(program, &held);
	for (size_t i = 0; i < held.count; i++) {
		if (is_optional(program, held.items[i], ret))
			continue;
		own_heap_add(view, ret, held.items[i], global, held.count);
		any = true;
	}
	if (!any && traces_first(&program->traces, TRACE_RUST) &&
	    !program->traces.symbol[TRACE_RUST_DEFAULT] &&
	    !program->traces.symbol[TRACE_RUST_CALLOC] &&
	    elf_kind_of(program->object) == ELF_PROGRAM_DYNAMIC)
		rust_add_unknown_heap(view, ret);
}

/* Whether a library is an allocator's, rather than one that has an allocator linked in. */
static bool is_allocators_library(const struct scope_entry *entry)
{
	const char *soname = elf_object_soname(entry->object);

	return elf_object_defines(entry->object, "malloc") ||
	       is_allocator_name(path_name(entry_path(entry))) ||
	       (soname && is_allocator_name(soname));
}

/* As polars, pyarrow and duckdb have: their own calls are bound to it within the file. */
static void add_linked_in_heap(const struct target_view *view, struct identification *ret,
			       const struct scope_entry *entry, enum trace_of allocator)
{
	_cleanup_free_ char *serves = xasprintf("the code of %s", path_name(entry_path(entry)));
	struct heap *heap = heap_add(view, ret, entry, allocator, serves, HEAP_LINKED_IN);

	text_list_addf(
		&heap->evidence,
		"%s defines no malloc for others, and holds this allocator under other names",
		entry_path(entry));
	heap_set_preload(heap, TRISTATE_NO, "its calls are bound within the library");
}

static void add_library_heap(const struct target_view *view, struct identification *ret,
			     const struct scope_entry *entry, enum trace_of allocator)
{
	if (!is_allocators_library(entry)) {
		add_linked_in_heap(view, ret, entry, allocator);
		return;
	}
	bool loaded = entry->origin == SCOPE_LOADED;
	_cleanup_free_ char *serves =
		loaded ? xasprintf("code that looked it up while running (dlopen)")
		       : xasprintf("code that calls it by its own names");
	struct heap *heap =
		heap_add(view, ret, entry, allocator, serves, loaded ? HEAP_LOADED : HEAP_NEEDED);

	text_list_addf(&heap->evidence, "%s %s; malloc is not bound to it", entry_path(entry),
		       loaded ? "was loaded while the program ran"
		       : elf_object_defines(entry->object, "malloc") ? "comes later in the order"
								     : "defines no malloc");
	heap_set_preload(heap, TRISTATE_NO,
			 loaded ? "it was asked for by name"
				: "its functions are called by their own names");
}

/*
 * A later library in the search order that also defines malloc has no callers; an allocator with
 * other function names may have some.
 */
static void add_other_heaps(const struct target_view *view, struct identification *ret,
			    const struct scope_entry *definer)
{
	bool is_tbb = definer && traces_first(&definer->traces, TRACE_TBB);

	for (size_t i = 1; i < view->scope->count; i++) {
		const struct scope_entry *entry = &view->scope->items[i];
		struct held held = held_by(&entry->traces);

		if (!entry->object || entry == definer || entry_is_libc(view->scope, entry))
			continue;
		for (size_t h = 0; h < held.count; h++) {
			/*
			 * TBB's library behind its proxy, or a part of the sanitizer.
			 */
			if ((is_tbb && held.items[h] == TRACE_TBB) || held.items[h] == TRACE_ASAN ||
			    is_optional(entry, held.items[h], ret))
				continue;
			if (entry->origin != SCOPE_LOADED &&
			    elf_object_defines(entry->object, "malloc"))
				text_list_addf(&ret->notes,
					       "%s defines malloc too, but %s comes "
					       "first",
					       entry_path(entry),
					       definer ? entry_path(definer) : "another");
			else
				add_library_heap(view, ret, entry, held.items[h]);
		}
	}
}

static void add_unknown_heap(const struct target_view *view, struct identification *ret,
			     const char *serves, const char *why)
{
	struct heap *heap =
		heap_add(view, ret, &view->scope->items[0], TRACE_COUNT, serves, HEAP_HOW_UNKNOWN);

	text_list_addf(&heap->evidence, "%s", why);
	heap_set_preload(heap, TRISTATE_UNKNOWN, why);
}

static void analyse_dynamic(const struct target_view *view, struct identification *ret, bool is_go)
{
	const struct scope_entry *definer = scope_definer(view->scope, "malloc");

	if (!is_go)
		add_program_heaps(view, ret, definer);
	const char *serves = ret->heap_count ? "C code (malloc)" : "malloc";
	const struct scope_entry *server = definer;
	if (definer)
		add_malloc_heap(view, ret, definer, serves);
	else
		server = add_absent_heap(view, ret, serves);
	if (!server && !is_go)
		add_unknown_heap(view, ret, serves, "nothing that it needs defines malloc");
	add_other_heaps(view, ret, definer);
	notes_add(view, ret, definer, server);
}

/* Whether an allocator in a static program takes malloc's own name, as far as the file tells. */
static bool replaces_malloc(const struct traces *traces, enum trace_of allocator)
{
	const char *variable = traces->text[TRACE_JEMALLOC_VARIABLE];

	if (traces->malloc_at && traces->own_malloc_at[allocator])
		return traces->malloc_at == traces->own_malloc_at[allocator];
	if (allocator != TRACE_JEMALLOC)
		return false;
	if (traces->jemalloc_prefix)
		return traces->jemalloc_prefix_len == 0;
	return variable && !strcmp(variable, "MALLOC_CONF");
}

static void add_static_libc(const struct target_view *view, struct identification *ret,
			    enum trace_of libc)
{
	struct heap *heap = heap_add(view, ret, &view->scope->items[0], libc,
				     ret->heap_count ? "C code (malloc)" : "malloc", HEAP_LIBC);

	text_list_addf(&heap->evidence, "static: the C library is in the file");
}

/* Whether malloc's address is known to be that of this allocator's own function. */
static bool is_malloc_itself(const struct traces *traces, enum trace_of allocator)
{
	return traces->malloc_at && traces->malloc_at == traces->own_malloc_at[allocator];
}

/* The allocator that has taken malloc's name in a static program; TRACE_COUNT: none is known to. */
static enum trace_of static_server(const struct traces *traces, const struct held *held, bool glibc,
				   bool musl)
{
	for (size_t i = 0; i < held->count; i++)
		if (is_malloc_itself(traces, held->items[i]))
			return held->items[i];
	if (glibc || held->count != 1 || held->items[0] == TRACE_ZIG ||
	    (musl && (traces->symbol[TRACE_MUSL] || !replaces_malloc(traces, held->items[0]))))
		return TRACE_COUNT;
	return held->items[0];
}

/*
 * Everything is in one file. Texts reveal glibc's malloc; musl's has no texts, but is present
 * unless another allocator takes its name.
 */
static void analyse_static(const struct target_view *view, struct identification *ret, bool is_go)
{
	const struct scope_entry *program = &view->scope->items[0];
	const struct traces *traces = &program->traces;
	bool glibc = traces_first(traces, TRACE_GLIBC);
	bool musl = !glibc && traces_first(traces, TRACE_MUSL);
	struct held held = held_by(traces);
	enum trace_of server = static_server(traces, &held, glibc, musl);

	if (server != TRACE_COUNT) {
		struct heap *heap = heap_add(view, ret, program, server, "malloc", HEAP_LINKED_IN);

		if (is_malloc_itself(traces, server))
			text_list_addf(&heap->evidence,
				       "malloc and its own function have one address");
	}
	enum trace_of global = rust_put_global_first(program, &held);
	for (size_t i = 0; i < held.count; i++)
		if (held.items[i] != server)
			own_heap_add(view, ret, held.items[i], global, held.count);
	if (server == TRACE_COUNT && (glibc || musl))
		add_static_libc(view, ret, glibc ? TRACE_GLIBC : TRACE_MUSL);
	if (!ret->heap_count && !is_go)
		add_unknown_heap(view, ret, "malloc",
				 "the file shows no allocator that madvisor knows");
	for (size_t i = 0; i < ret->heap_count; i++)
		heap_set_preload(&ret->heaps[i], TRISTATE_NO,
				 "the program is static: no dynamic loader runs in it");
}

static void add_go_heap(const struct target_view *view, struct identification *ret)
{
	struct heap *heap =
		heap_add(view, ret, &view->scope->items[0], TRACE_GO, "Go code", HEAP_LINKED_IN);

	heap_set_preload(heap, TRISTATE_NO, "Go code does not call malloc");
}

void analyse(const struct target_view *view, struct identification *ret)
{
	const struct scope_entry *program = &view->scope->items[0];
	bool is_static = elf_kind_of(program->object) == ELF_PROGRAM_STATIC;
	bool is_go = traces_first(&program->traces, TRACE_GO);

	ret->kind = is_go ? "go" : is_static ? "static" : "dynamic";
	ret->machine = xstrdup(elf_object_machine(program->object));
	if (!elf_has_sections(program->object)) {
		add_unknown_heap(
			view, ret, "malloc",
			elf_is_packed(program->object)
				? "it is packed by UPX: what runs is not what the file shows"
			: elf_is_cut(program->object)
				? "the file ends before its section table: it is cut short"
				: "its section table was taken out, and with it what would tell");
		return;
	}
	if (is_go)
		add_go_heap(view, ret);
	if (is_static)
		analyse_static(view, ret, is_go);
	else
		analyse_dynamic(view, ret, is_go);
	layers_add(view, ret);
	note_rights(view, ret);
	note_refused(view, ret);
	note_unseen(view, ret);
	note_unread_variables(view, ret);
}

void analyse_library(const struct target_view *view, struct identification *ret)
{
	const struct scope_entry *library = &view->scope->items[0];
	struct held held = held_by(&library->traces);
	bool defines = elf_object_defines(library->object, "malloc");
	bool glibc = elf_object_defines(library->object, "gnu_get_libc_version");
	bool musl = defines && elf_object_defines(library->object, "__libc_start_main") &&
		    traces_first(&library->traces, TRACE_MUSL);

	ret->kind = "library";
	ret->machine = xstrdup(elf_object_machine(library->object));
	if (glibc || musl)
		heap_add(view, ret, library, glibc ? TRACE_GLIBC : TRACE_MUSL, "malloc", HEAP_LIBC);
	else if (defines)
		heap_add(view, ret, library, sole_allocator(&held),
			 "malloc, in programs that load it first", HEAP_LINKED_IN);
	for (size_t i = 0; !defines && i < held.count; i++)
		heap_add(view, ret, library, held.items[i], "code that calls it by its own names",
			 HEAP_LINKED_IN);
	for (size_t i = 0; i < ret->heap_count; i++)
		heap_set_preload(&ret->heaps[i], TRISTATE_UNKNOWN, "that depends on the program");
	note_unseen(view, ret);
	if (!ret->heap_count)
		text_list_addf(&ret->notes,
			       "a library without an allocator: the malloc of the program "
			       "that loads it serves it");
}
