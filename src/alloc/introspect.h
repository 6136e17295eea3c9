/* SPDX-License-Identifier: MIT */
/*
 * alloc/introspect: asking a library about itself, always in another process: an allocator that is
 * loaded late, or is broken, may crash or hang, and must never serve madvisor's own data.
 */
#ifndef MADVISOR_ALLOC_INTROSPECT_H
#define MADVISOR_ALLOC_INTROSPECT_H

#include "alloc/library.h"
#include "base/spawn.h"
#include "base/strbuf.h"

/* Asks a loaded library (a handle of dlopen(3)) and writes the answer. Runs in a child that exits next. */
typedef void (*library_question)(void *handle, struct strbuf *answer);

/*
 * Loads the library into a forked child, under added assignments (or NULL), and lets it answer. 0 with
 * the answer appended; -EIO where it could not be loaded, crashed or took longer than two seconds.
 */
int library_ask(const char *path, const char *const *env, library_question question,
		struct strbuf *answer) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/*
 * Runs the program true(1) with the library preloaded, under these assignments and no other allocator
 * variable, and collects what it says.
 */
int library_run(const struct library *library, const char *const *env, struct spawn_result *result,
		struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));

#endif
