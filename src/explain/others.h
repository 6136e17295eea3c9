/* SPDX-License-Identifier: MIT */
/*
 * explain/others: the shared part of the rules about memory that others than the allocator give away and touch
 * again. No setting changes what they do: such a finding says where in the code it is and what a programmer can do.
 */
#ifndef MADVISOR_EXPLAIN_OTHERS_H
#define MADVISOR_EXPLAIN_OTHERS_H

#include <stdbool.h>

#include "explain/subject.h"
#include "model/owner.h"
#include "model/result.h"

/* In words, for one owner. */
struct others_words {
	const char *gave;   /* "the program's own munmap and madvise had given away" */
	const char *advice; /* what a programmer can do; ends without a full stop */
};

/* Whether what the owner takes away and what of it comes back take CPU time worth a finding; fills it then. */
bool others_examine(const struct subject *subject, enum owner owner,
		    const struct others_words *words, struct finding *finding)
	__attribute__((nonnull));

#endif
