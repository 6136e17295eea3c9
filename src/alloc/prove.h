/* SPDX-License-Identifier: MIT */
/*
 * alloc/prove: checks that a contender serves malloc, before anything is measured with it.
 *
 * The measured program itself reports it: `madvisor-workload --prove` prints a line for each
 * function of the family with the object that it is bound to ("malloc_object
 * /usr/lib/libjemalloc.so.2"), and every report of a run repeats malloc_object.
 */
#ifndef MADVISOR_ALLOC_PROVE_H
#define MADVISOR_ALLOC_PROVE_H

#include "base/error.h"
#include "base/rights.h"
#include "model/result.h"

/*
 * Runs the workload under the contender, with these rights (NULL: the caller's), and checks every
 * function it names: malloc and free must be among them, and come from the contender's library (for
 * the C library's allocator: from the C library). On success contender->proof is a line that says
 * so, with the known settings. -EPERM with ERROR_MACHINE names the function that something else
 * serves.
 */
int contender_prove(struct contender *contender, const char *workload, const struct rights *rights,
		    struct error *err) __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Checks that `object`, which malloc was bound to in a run (NULL: not reported), is the
 * contender's. Compares files rather than names. 0 or -EPERM.
 */
int contender_check_object(const struct contender *contender, const char *object, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
