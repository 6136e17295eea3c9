/* SPDX-License-Identifier: MIT */
/*
 * alloc/own-variable: struct allocator's assign(), variable() and list_options() for allocators
 * that read each setting from its own variable, prefixed by allocator->stem:
 * "MIMALLOC_PURGE_DELAY".
 */
#ifndef MADVISOR_ALLOC_OWN_VARIABLE_H
#define MADVISOR_ALLOC_OWN_VARIABLE_H

#include "alloc/allocator.h"

void own_variable_assign(const struct allocator *allocator, const struct setting *settings,
			 size_t count, struct assignments *env) __attribute__((nonnull(1, 4)));

char *own_variable_name(const struct allocator *allocator, const char *prefix, const char *key)
	__attribute__((nonnull(1, 2), returns_nonnull, warn_unused_result));

/* The variables whose names are among a file's texts, as options without values. */
void own_variable_list(const struct allocator *allocator, const char *path,
		       const struct elf_object *object, struct option_map *ret)
	__attribute__((nonnull));

#endif
