/* SPDX-License-Identifier: MIT */
/*
 * alloc/self: the contenders `self` and `self[key:value]`: a user's own program with its own
 * allocator, under other settings.
 *
 * They run in the user's own environment plus the settings, in the variable that this build reads.
 * Whether it accepts them: an allocator in a library is asked as for every other contender; for one
 * that is linked in, the program itself is asked, in a run that is not timed.
 */
#ifndef MADVISOR_ALLOC_SELF_H
#define MADVISOR_ALLOC_SELF_H

#include <stdbool.h>

#include "identify/identify.h"
#include "alloc/spec.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/strbuf.h"
#include "model/result.h"

/*
 * Fills the contender from the spec of `self` and the program's identification; as
 * contender_resolve(). The settings are for the first heap, unless another one alone knows them. ERROR_USAGE: its allocator is unknown, reads no settings, or lacks one of
 * them. The library is asked with these rights (NULL: the caller's), if a process with them may
 * load it; else the settings are checked by the catalogue alone.
 */
int contender_resolve_self(const struct contender_spec *spec, const struct identification *program,
			   const struct rights *rights, struct contender *ret, struct strbuf *notes,
			   struct error *err) __attribute__((nonnull(1, 2, 4), warn_unused_result));

/*
 * Why the program's library is not asked with these rights (NULL: the caller's): a sentence that
 * says who can write which file. NULL if it is asked, or the program has none. Caller frees.
 */
char *self_unasked(const struct identification *program, const struct rights *rights)
	__attribute__((nonnull(1), warn_unused_result));

/* Whether the program itself has to be asked for its settings, and can answer: it is run under
 * self_asking_environment() (alloc/inject). */
bool self_needs_asking(const struct contender *contender) __attribute__((nonnull));
/*
 * Judges its standard error; sets contender->proof. -EINVAL with ERROR_USAGE if it does not accept
 * a setting.
 */
int self_judge_answer(struct contender *contender, const char *text, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
