/* SPDX-License-Identifier: MIT */
/*
 * alloc/configure: the settings of a contender, from what the user typed to what the library uses.
 *
 * Each is found in the allocator's catalogue, translated, and then the very library is run with all of
 * them and asked what it uses: a setting that it does not have, refuses, ignores or clips is an error. Only
 * alloc/resolve and alloc/self use this.
 */
#ifndef MADVISOR_ALLOC_CONFIGURE_H
#define MADVISOR_ALLOC_CONFIGURE_H

#include "alloc/library.h"
#include "alloc/options.h"
#include "alloc/spec.h"
#include "base/error.h"

/* What is known while the settings are worked out. Set library, zero the rest; draft_release() at the end. */
struct draft {
	const struct library *library; /* borrowed */
	struct setting *typed;         /* canonical key, value as typed */
	struct setting *translated;    /* canonical key, value as the allocator reads it */
	size_t count;
	struct assignments env;    /* that carries them */
	struct option_map options; /* what the library then uses */
};

#define _cleanup_draft_ __attribute__((cleanup(draft_release)))

/* Fills in the rest from the spec's settings, of which there must be some. -EINVAL with ERROR_USAGE. */
int draft_configure(const struct contender_spec *spec, struct draft *draft, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The same for an allocator that no library can be asked about: finds and translates, and verifies nothing. */
int draft_translate(const struct contender_spec *spec, struct draft *draft, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The name it goes by: as asked for, with the keys and the separator that its users know. Caller frees. */
char *draft_name(const struct draft *draft, const struct contender_spec *spec)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* "tcache_max=4096 in force": what the library said of them, in one line; NULL where there are none. Caller frees. */
char *draft_proof(const struct draft *draft) __attribute__((nonnull, warn_unused_result));

void draft_release(struct draft *draft);

#endif
