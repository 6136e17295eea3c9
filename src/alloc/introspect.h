/* SPDX-License-Identifier: MIT */
/*
 * alloc/introspect: asking a library about itself, always in a confined child (base/confined): an allocator that is
 * loaded late, or is broken, may crash or hang, and must never serve madvisor's own data.
 *
 * Loading a library is running its code. Whether it may be is identify/loadable's to say, before.
 */
#ifndef MADVISOR_ALLOC_INTROSPECT_H
#define MADVISOR_ALLOC_INTROSPECT_H

#include "alloc/library.h"
#include "base/strbuf.h"

/* What a process under an allocator may have of memory: some reserve much more than they use. */
#define LIBRARY_MEMORY_BYTES (1ULL << 40)

/* Asks a loaded library (a handle of dlopen(3)) and writes the answer. Runs in a child that exits next. */
typedef void (*library_question)(void *handle, struct strbuf *answer);

/*
 * Loads the library into a child with library->rights, under added assignments (or NULL), and lets it answer. 0 with
 * the answer appended; a negative errno where it could not be loaded, crashed, or took longer than five seconds.
 */
int library_ask(const struct library *library, const char *const *env, library_question question,
		struct strbuf *answer) __attribute__((nonnull(1, 3, 4), warn_unused_result));

#endif
