/* SPDX-License-Identifier: MIT */
/*
 * alloc/inject: the environment that makes a program run under a contender.
 *
 * A contender is measured with its own settings only: every variable that a known allocator reads
 * is removed from the user's environment, other allocators are removed from LD_PRELOAD, and then
 * the contender's library and settings are added. GLIBC_TUNABLES keeps tunables outside malloc.
 * Only the contender `self` keeps the user's environment, and adds to it.
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
 * The same as changes to the base, as spawn_capture() takes them: "NAME=value" or "NAME". For use
 * before there is a contender. library NULL: nothing is preloaded; allocator and assignments may be
 * NULL.
 */
char **injection_changes(const char *library, const struct allocator *allocator,
			 const char *const *assignments, char *const *base)
	__attribute__((nonnull(4), returns_nonnull, warn_unused_result));

/* The environment of a contender `self`, with settings or without. Free with strv_free(). */
char **self_environment(const struct contender *contender, char *const *base)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
/* The same, and makes the allocator report whether it accepts its settings. self_needs_asking(). */
char **self_asking_environment(const struct contender *contender, char *const *base)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * The variables that contender_environment() removes, to tell the user: "MALLOC_CONF",
 * "LD_PRELOAD=/usr/lib/libjemalloc.so.2", … NULL-terminated; free with strv_free().
 */
char **environment_removed(char *const *base)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
