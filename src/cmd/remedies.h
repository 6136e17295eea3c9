/* SPDX-License-Identifier: MIT */
/*
 * cmd/remedies: turns the settings of a finding into environment variables that this program reads.
 * explain/ has keys and values; alloc/ has the variable, and whether this allocator build accepts
 * them.
 */
#ifndef MADVISOR_CMD_REMEDIES_H
#define MADVISOR_CMD_REMEDIES_H

#include <stddef.h>

#include "base/rights.h"
#include "identify/identify.h"
#include "model/result.h"

/*
 * outer: the environment around the command, or of the process, NULL-terminated. inner: the
 * environment of the explained program that the command started, which may differ.
 */
struct reach {
	char *const *outer;
	char *const *inner;          /* NULL: same as outer */
	const struct rights *rights; /* to query the program's library with: alloc/self */
};

/*
 * Adds a contender to the result for the settings of each finding, to be verified; findings with
 * the same settings share one. Returns, for each finding, the contender's index, or SIZE_MAX;
 * caller frees. Adds a note if settings around the command do not get to the program. Call before
 * remedies_bind().
 */
size_t *remedies_add_contenders(struct result *result, const struct identification *program,
				const struct reach *reach)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * Gives each setting of each finding its variable, and the finding its environment assignments,
 * merged with the program's present values. Settings that this build rejects are removed from the
 * finding, with the reason in its text. Adds a note if the library could not be queried.
 */
void remedies_bind(struct result *result, const struct identification *program,
		   const struct reach *reach) __attribute__((nonnull));

#endif
