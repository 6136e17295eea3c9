/* SPDX-License-Identifier: MIT */
/*
 * alloc/introspect: queries a library, always in a confined child (base/confined): an allocator
 * that is loaded late, or is broken, may crash or hang, and must never serve madvisor's own data.
 *
 * Loading a library runs its code: check identify/loadable first.
 */
#ifndef MADVISOR_ALLOC_INTROSPECT_H
#define MADVISOR_ALLOC_INTROSPECT_H

#include "alloc/library.h"
#include "base/strbuf.h"

/* Memory limit of a process under an allocator: some reserve much more than they use. */
#define LIBRARY_MEMORY_BYTES (1ULL << 40)

/* Queries a library (a handle of dlopen(3)), writes the answer. In a child that exits next. */
typedef void (*library_question)(void *handle, struct strbuf *answer);

/*
 * Loads the library into a child with library->rights, under added assignments (or NULL), and runs
 * the query. 0 with the answer appended; a negative errno if it could not be loaded, crashed, or
 * took longer than five seconds.
 */
int library_ask(const struct library *library, const char *const *env, library_question question,
		struct strbuf *answer) __attribute__((nonnull(1, 3, 4), warn_unused_result));

#endif
