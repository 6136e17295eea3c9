/* SPDX-License-Identifier: MIT */
/*
 * identify/analysis: from the objects of a program to its heaps. Private to identify/.
 *
 * analysis.c decides which object serves whom, rust.c for Rust code; view.c answers what all of
 * them ask of an object; heap.c says what is known of an allocator and what is set; layer.c knows
 * the memory managers above malloc; note.c adds what else a person should know.
 */
#ifndef MADVISOR_IDENTIFY_ANALYSIS_H
#define MADVISOR_IDENTIFY_ANALYSIS_H

#include "identify/identify.h"
#include "identify/scope.h"
#include "identify/view.h"

/* Adds heaps, layers and notes; sets kind and machine. */
void analyse(const struct target_view *view, struct identification *ret) __attribute__((nonnull));
/* For a shared library: which allocator it holds. */
void analyse_library(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));

/* A new heap of the allocator that left these traces in entry; TRACE_COUNT: none that is known. */
struct heap *heap_add(const struct target_view *view, struct identification *ret,
		      const struct scope_entry *entry, enum trace_of allocator, const char *serves,
		      enum heap_how how) __attribute__((nonnull(1, 2, 3, 5)));
/* A heap of a library that is not here, told by its name alone. */
struct heap *heap_add_by_name(const struct target_view *view, struct identification *ret,
			      const struct scope_entry *entry, const char *serves)
	__attribute__((nonnull));
/* Whether a library of that name is an allocator's or a C library's. */
bool is_allocator_name(const char *name) __attribute__((nonnull));

/* Whether Rust code in the program goes to an allocator of its own. */
enum tristate rust_has_allocator(const struct scope_entry *program) __attribute__((nonnull));
/* Who calls an allocator in the program's file that does not serve malloc. Static. */
const char *rust_callers(const struct scope_entry *program)
	__attribute__((nonnull, returns_nonnull));
/* What shows that Rust code has an allocator of its own. */
void rust_add_evidence(struct heap *heap, const struct scope_entry *program)
	__attribute__((nonnull));
/* It has one, and nothing tells which. */
void rust_add_unknown_heap(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));

/*
 * Notes on a dynamic program; definer is what malloc binds to, server what serves it by all that is
 * known.
 */
void notes_add(const struct target_view *view, struct identification *ret,
	       const struct scope_entry *definer, const struct scope_entry *server)
	__attribute__((nonnull(1, 2)));
/* A note where the program gains rights. */
void note_rights(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));
/* A note for each file that is larger than what is looked through. */
void note_unseen(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));
/* Notes for variables of allocators that no heap here reads. */
void note_idle_variables(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));

void layers_add(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));

void text_list_addf(struct text_list *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1)));

#endif
