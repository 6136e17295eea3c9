/* SPDX-License-Identifier: MIT */
/*
 * identify/view: a target before its heaps are known, and the queries on its objects that analysis,
 * note and rust share. Private to identify/.
 */
#ifndef MADVISOR_IDENTIFY_VIEW_H
#define MADVISOR_IDENTIFY_VIEW_H

#include "identify/identify.h"
#include "identify/scope.h"

/* Facts about a target, known before its heaps. Borrowed. */
struct target_view {
	const struct scope *scope;
	const struct scope_world *world;
	char *const *environment;  /* NULL: could not be read */
	const char *secure_reason; /* "setuid"; NULL: the environment is trusted */
};

void text_list_addf(struct text_list *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1)));
/* Whether LD_PRELOAD can replace it, and why not. */
void heap_set_preload(struct heap *heap, enum tristate answer, const char *reason)
	__attribute__((nonnull(1)));

/* The allocators that left traces in an object, except the C libraries'. */
struct held {
	enum trace_of items[TRACE_ALLOCATOR_COUNT];
	size_t count;
};

struct held held_by(const struct traces *traces) __attribute__((nonnull));
/* The path of an entry, or the name by which it was requested. Borrowed. */
const char *entry_path(const struct scope_entry *entry) __attribute__((nonnull, returns_nonnull));
bool entry_is_libc(const struct scope *scope, const struct scope_entry *entry)
	__attribute__((nonnull));

#endif
