/* SPDX-License-Identifier: MIT */
/*
 * alloc/inject: the environment that makes a program run under a contender.
 *
 * A contender is measured with its own settings and no other: every variable that any known allocator
 * reads is taken out of the user's environment first, other allocators are taken out of LD_PRELOAD, and
 * then the contender's library and settings are put in. GLIBC_TUNABLES keeps what is not malloc's. The
 * contender `self` alone keeps the user's environment as it is, and adds to it.
 */
#ifndef MADVISOR_ALLOC_INJECT_H
#define MADVISOR_ALLOC_INJECT_H

#include "alloc/allocator.h"
#include "model/result.h"

/*
 * The whole environment for a contender's program, from a base such as environ(7). NULL-terminated;
 * free with strv_free().
 */
char **contender_environment(const struct contender *contender, char *const *base)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * The same as changes to the base, as spawn_capture() takes them: "NAME=value" or "NAME". For a library
 * and assignments that are no contender yet; library is NULL where nothing is preloaded, as may be
 * allocator and assignments.
 */
char **injection_changes(const char *library, const struct allocator *allocator,
			 const char *const *assignments, char *const *base)
	__attribute__((nonnull(4), returns_nonnull, warn_unused_result));

/* The environment of a contender `self`, with settings or without. Free with strv_free(). */
char **self_environment(const struct contender *contender, char *const *base)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
/* The same, in which the allocator also says whether it takes its settings. Needs self_needs_asking(). */
char **self_asking_environment(const struct contender *contender, char *const *base)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * What contender_environment() takes out of the base, to tell the user: "MALLOC_CONF",
 * "LD_PRELOAD=/usr/lib/libjemalloc.so.2", … NULL-terminated; free with strv_free().
 */
char **environment_removed(char *const *base)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
