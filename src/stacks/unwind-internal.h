/* SPDX-License-Identifier: MIT */
/* stacks/unwind-internal: what unwind.c, which walks, shares with unwind-names.c, which names. */
#ifndef MADVISOR_STACKS_UNWIND_INTERNAL_H
#define MADVISOR_STACKS_UNWIND_INTERNAL_H

#include <elfutils/libdwfl.h>
#include <stdio.h>

#include "stacks/address-space.h"
#include "stacks/stack-log.h"

struct namer;

/* Frames are written when they first occur. out is borrowed. */
struct namer *namer_new(const struct stack_log *log, FILE *out, uint64_t deadline_ns)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
void namer_free(struct namer *namer);
/* Addresses of another address space follow, which is borrowed. */
void namer_enter(struct namer *namer, const struct address_space *space) __attribute__((nonnull));
/*
 * The frames at an address, those inlined there first: their numbers, until the next call. The modules' user data is
 * their struct mapped_file.
 */
const uint32_t *namer_frames(struct namer *namer, Dwfl *dwfl, Dwarf_Addr address, size_t *ret_count)
	__attribute__((nonnull, returns_nonnull));

#endif
