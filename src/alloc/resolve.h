/* SPDX-License-Identifier: MIT */
/*
 * alloc/resolve: turns the text of a contender into one that can be run: finds and checks its
 * library, translates its settings, and checks that this library accepts them.
 *
 * alloc/prove checks whether it serves malloc in a program.
 */
#ifndef MADVISOR_ALLOC_RESOLVE_H
#define MADVISOR_ALLOC_RESOLVE_H

#include "alloc/library.h"
#include "alloc/spec.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

/*
 * Fills name, allocator, version, library, settings, env, and proof (of the settings); role becomes
 * ROLE_CONTENDER. The contender owns all of it: contender_release(). "all" is refused here.
 *
 * notes (may be NULL) gets a line for each caveat about the settings.
 *
 * ERROR_USAGE: an unknown name or version, a file that is not an allocator for this machine, a
 * setting that is unknown, out of range, or not accepted by the library; ERROR_MACHINE: a known
 * allocator that this machine lacks, with the command that installs it.
 */
int contender_resolve(const struct contender_spec *spec, const struct library_set *libraries,
		      struct contender *ret, struct strbuf *notes, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * Resolves a list; "all" is the newest library of each allocator found. Two contenders with the
 * same name are an error. *ret is an array of *ret_count; release each, then free it.
 */
int contender_list_resolve(const struct contender_list *list, const struct library_set *libraries,
			   struct contender **ret, size_t *ret_count, struct strbuf *notes,
			   struct error *err)
	__attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

#endif
