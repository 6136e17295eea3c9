/* SPDX-License-Identifier: MIT */
/* explain/locks: what a program pays for the locks of its allocator: calls of futex inside of it, and waiting there. */
#ifndef MADVISOR_EXPLAIN_LOCKS_H
#define MADVISOR_EXPLAIN_LOCKS_H

#include <stdbool.h>

#include "explain/subject.h"

/* Of the time that threads run or wait for these locks, in percent; NAN where no stacks told whose locks they are. */
double locks_wait_pct(const struct subject *subject) __attribute__((nonnull, pure));

/* Whether that is worth a finding: by its share of CPU time, or of waiting. */
bool locks_are_costly(const struct subject *subject) __attribute__((nonnull, pure));

/* Words for the lock that most of the calls are for: "the lock of an arena". Static. */
const char *locks_name(const struct subject *subject) __attribute__((nonnull, returns_nonnull));

#endif
