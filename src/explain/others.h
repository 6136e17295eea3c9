/* SPDX-License-Identifier: MIT */
/*
 * explain/others: the shared part of the rules about memory that others than the allocator map, give away and touch.
 * No setting of the allocator changes what they do: such a finding says how much it is, where in the code, and what a
 * programmer can do.
 */
#ifndef MADVISOR_EXPLAIN_OTHERS_H
#define MADVISOR_EXPLAIN_OTHERS_H

#include <stdbool.h>

#include "explain/subject.h"
#include "model/owner.h"
#include "model/result.h"

/* In words, for one owner. */
struct others_words {
	const char *faults; /* what its faults are: "on stacks of threads" */
	const char *gone;   /* of refaults: "that it had given away itself" */
	const char *advice; /* what a programmer can do; ends without a full stop */
};

/* Whether its part of the kernel's work takes CPU time worth a finding; fills it then. */
bool others_examine(const struct subject *subject, enum owner owner,
		    const struct others_words *words, struct finding *finding)
	__attribute__((nonnull));

#endif
