/* SPDX-License-Identifier: MIT */
/*
 * alloc/prove: whether a contender really serves malloc. Nothing counts before that is shown.
 *
 * The witness is the measured program itself: `madvisor-workload --prove` prints, one a line, which
 * loaded object each function of the family is bound to ("malloc_object /usr/lib/libjemalloc.so.2"), and
 * every report of a run names malloc_object again.
 */
#ifndef MADVISOR_ALLOC_PROVE_H
#define MADVISOR_ALLOC_PROVE_H

#include "base/error.h"
#include "base/rights.h"
#include "model/result.h"

/*
 * Runs the workload under the contender, with these rights (NULL: the caller's), and checks every function it names: malloc and free must be
 * among them, and come from the contender's library (for the C library's allocator: from the C library).
 * On success contender->proof is one line that says so, with what is known of the settings. -EPERM with
 * ERROR_MACHINE says which function something else serves.
 */
int contender_prove(struct contender *contender, const char *workload, const struct rights *rights,
		    struct error *err) __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Whether malloc, which a run found bound to `object` (NULL: it did not say), is the contender's.
 * Files are compared, not names. 0 or -EPERM.
 */
int contender_check_object(const struct contender *contender, const char *object, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
