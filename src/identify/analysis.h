/* SPDX-License-Identifier: MIT */
/*
 * identify/analysis: derives a program's heaps from its objects. Private to identify/.
 *
 * analysis.c decides which object serves which callers, rust.c and rust-global.c for Rust code;
 * own-heap.c names the callers of what is linked in; view.c has the queries that all share; heap.c
 * describes an allocator and its settings, compiled-in.c those in the file; layer.c knows the memory
 * managers above malloc; note.c adds notes for the user.
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

/* A new heap of the allocator that left these traces in entry; TRACE_COUNT: an unknown one. */
struct heap *heap_add(const struct target_view *view, struct identification *ret,
		      const struct scope_entry *entry, enum trace_of allocator, const char *serves,
		      enum heap_how how) __attribute__((nonnull(1, 2, 3, 5)));
/* A heap of a library that was not found, recognised by its name alone. */
struct heap *heap_add_by_name(const struct target_view *view, struct identification *ret,
			      const struct scope_entry *entry, const char *serves)
	__attribute__((nonnull));
/* Settings compiled into it; prefix: of this jemalloc's names, in small letters. */
void heap_add_compiled_in(const struct target_view *view, struct heap *heap,
			  const struct scope_entry *holder, const char *prefix)
	__attribute__((nonnull));
/* Whether a library of that name is an allocator's or a C library's. */
bool is_allocator_name(const char *name) __attribute__((nonnull));

/* Whether Rust code in the program uses its own allocator. */
enum tristate rust_has_allocator(const struct scope_entry *program) __attribute__((nonnull));
/* The callers of an allocator in the program's file that does not serve malloc. Static. */
const char *rust_callers(const struct scope_entry *program)
	__attribute__((nonnull, returns_nonnull));
/*
 * Moves Rust's global allocator to the front of several in a program's file: the one that the code
 * of Rust's shims calls. Returns it; TRACE_COUNT: there is only one, or it is not known, as in a
 * stripped file.
 */
enum trace_of rust_put_global_first(const struct scope_entry *program, struct held *held)
	__attribute__((nonnull));
/*
 * An allocator in the program's file that does not serve malloc; one of `count`. global: Rust's
 * global one; TRACE_COUNT: not known.
 */
void own_heap_add(const struct target_view *view, struct identification *ret,
		  enum trace_of allocator, enum trace_of global, size_t count)
	__attribute__((nonnull));
/* Adds the evidence that Rust code has its own allocator. */
void rust_add_evidence(struct heap *heap, const struct scope_entry *program)
	__attribute__((nonnull));
/* The same for an unknown allocator. */
void rust_add_unknown_heap(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));

/*
 * Notes on a dynamic program; definer: the object that malloc binds to; server: the one believed to
 * serve it.
 */
void notes_add(const struct target_view *view, struct identification *ret,
	       const struct scope_entry *definer, const struct scope_entry *server)
	__attribute__((nonnull(1, 2)));
/* A note if the program gains rights (setuid and the like). */
void note_rights(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));
/* A row in `ineffective` for each library that was to be preloaded, and is not. */
void note_refused(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));
/* A note for each file that exceeds the bounds of the search. */
void note_unseen(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));
/* Keeps the variables that may be meant for an allocator, and that no heap here reads. */
void note_unread_variables(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));

void layers_add(const struct target_view *view, struct identification *ret)
	__attribute__((nonnull));

#endif
