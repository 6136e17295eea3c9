/* SPDX-License-Identifier: MIT */
/*
 * alloc/configure: translates and verifies a contender's settings.
 *
 * Each setting is found in the allocator's catalogue and translated; then the library is run with
 * all of them and asked which values it uses: a setting that it lacks, refuses, ignores or clips is
 * an error. Only alloc/resolve and alloc/self use this.
 */
#ifndef MADVISOR_ALLOC_CONFIGURE_H
#define MADVISOR_ALLOC_CONFIGURE_H

#include "alloc/library.h"
#include "alloc/options.h"
#include "alloc/spec.h"
#include "base/error.h"

/* Intermediate state. Set library, zero the rest; draft_release() at the end. */
struct draft {
	const struct library *library; /* borrowed */
	struct setting *typed;         /* canonical key, value as typed */
	struct setting *translated;    /* canonical key, value as the allocator reads it */
	size_t count;
	struct assignments env;    /* with these settings */
	struct option_map options; /* what the library then uses */
};

#define _cleanup_draft_ __attribute__((cleanup(draft_release)))

/* Fills in the rest from the spec's settings (at least one). -EINVAL with ERROR_USAGE. */
int draft_configure(const struct contender_spec *spec, struct draft *draft, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The same without a library to ask: finds and translates, but does not verify. */
int draft_translate(const struct contender_spec *spec, struct draft *draft, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The contender's name: as requested, with the allocator's own keys and separator. Caller frees. */
char *draft_name(const struct draft *draft, const struct contender_spec *spec)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* The library's report in one line: "tcache_max=4096 in force"; NULL if empty. Caller frees. */
char *draft_proof(const struct draft *draft) __attribute__((nonnull, warn_unused_result));

void draft_release(struct draft *draft);

#endif
