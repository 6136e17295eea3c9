/* SPDX-License-Identifier: MIT */
/*
 * cmd/remedies: from the settings that a finding names to what this program reads. explain/ knows keys and
 * values; alloc/ knows the variable, and whether this build of the allocator takes them.
 */
#ifndef MADVISOR_CMD_REMEDIES_H
#define MADVISOR_CMD_REMEDIES_H

#include <stddef.h>

#include "base/rights.h"
#include "identify/identify.h"
#include "model/result.h"

/*
 * The environment around the command, or of the process, NULL-terminated; and where the command led to the program whose
 * allocator it is about, the one which that was started with: it may be another.
 */
struct reach {
	char *const *outer;
	char *const *inner;          /* NULL: the same */
	const struct rights *rights; /* with which the program's library is asked: alloc/self */
};

/*
 * Adds a contender to the result for the settings of each finding, to be verified; findings with the same settings
 * share one. Returns, for each finding, the contender's index, or SIZE_MAX; caller frees. A note says where what is set
 * around the command would not reach the program. To be called before remedies_bind().
 */
size_t *remedies_add_contenders(struct result *result, const struct identification *program,
				const struct reach *reach)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * Gives each setting of each finding its variable, and the finding what to put into the environment of the program, with
 * what is in there. Settings that this build does not take are taken out of the finding, which then says why.
 * A note says so where the library could not be asked.
 */
void remedies_bind(struct result *result, const struct identification *program,
		   const struct reach *reach) __attribute__((nonnull));

#endif
