/* SPDX-License-Identifier: MIT */
/*
 * alloc/resolve: from the text of a contender to something that can be run: its library found and
 * checked, its settings translated, and accepted by that very library.
 *
 * Whether it really serves malloc in a program is alloc/prove's to show.
 */
#ifndef MADVISOR_ALLOC_RESOLVE_H
#define MADVISOR_ALLOC_RESOLVE_H

#include "alloc/library.h"
#include "alloc/spec.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

/*
 * Fills name, allocator, version, library, settings, env, and proof (of the settings); role is
 * ROLE_CONTENDER. The contender owns all of it: contender_release(). "all" is refused here.
 *
 * notes (may be NULL) gets a line for each thing the user should know about the settings.
 *
 * ERROR_USAGE: an unknown name or version, a file that is no allocator for this machine, a setting that
 * is unknown, out of range, or not accepted by the library; ERROR_MACHINE: a known allocator that
 * this machine lacks, with the command that gets it.
 */
int contender_resolve(const struct contender_spec *spec, const struct library_set *libraries,
		      struct contender *ret, struct strbuf *notes, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * A whole list, "all" standing for the newest library of each allocator found. Two that come out under
 * one name are an error. *ret is an array of *ret_count; release each, then free it.
 */
int contender_list_resolve(const struct contender_list *list, const struct library_set *libraries,
			   struct contender **ret, size_t *ret_count, struct strbuf *notes,
			   struct error *err)
	__attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

#endif
