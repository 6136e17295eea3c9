/* SPDX-License-Identifier: MIT */
/*
 * alloc/self: the contenders `self` and `self[key:value]`: a user's own program with the allocator that it
 * has anyway, under other settings of it.
 *
 * They run in the user's own environment, to which only the settings are added, in the variable that
 * this build reads. Where the allocator is a library, the library is asked whether it takes them, as for every
 * other contender; where it is linked in, the program itself is, in a run that is not timed.
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
 * Fills the contender from the spec of `self` and what was found of the program; as contender_resolve(). ERROR_USAGE
 * where its allocator is not known, reads no settings, or does not have one of them. The library is asked with these
 * rights (NULL: the caller's), if a process with them may load it; else the settings are as madvisor knows them.
 */
int contender_resolve_self(const struct contender_spec *spec, const struct identification *program,
			   const struct rights *rights, struct contender *ret, struct strbuf *notes,
			   struct error *err) __attribute__((nonnull(1, 2, 4), warn_unused_result));

/*
 * Why the library that serves the program is not asked with these rights (NULL: the caller's): a sentence that says who
 * can write what. NULL where it is asked, or there is no library to ask. Caller frees.
 */
char *self_unasked(const struct identification *program, const struct rights *rights)
	__attribute__((nonnull(1), warn_unused_result));

/* Whether the program itself has to be asked for its settings, and is able to answer: it is run under
 * self_asking_environment() (alloc/inject). */
bool self_needs_asking(const struct contender *contender) __attribute__((nonnull));
/*
 * Judges what it said on standard error; sets contender->proof. -EINVAL with ERROR_USAGE where it does not
 * take a setting.
 */
int self_judge_answer(struct contender *contender, const char *text, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
