/* SPDX-License-Identifier: MIT */
/*
 * stacks/address-space: what a process had mapped at the moment of each stack of a log: the log's events,
 * played back. Pure.
 *
 * Processes that never differ share a space, such as forked children that did not exec: what is read of its files is
 * read once.
 */
#ifndef MADVISOR_STACKS_ADDRESS_SPACE_H
#define MADVISOR_STACKS_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stacks/stack-log.h"

/* Code of a file at its place in a process. */
struct mapped_code {
	uint64_t start, end;
	uint64_t offset;
	uint32_t file; /* index into the log's */
};

struct address_space {
	struct mapped_code *mappings; /* disjoint, in no order */
	size_t count, alloc;
	uint64_t weight; /* of its stacks, in pages; 0: it has no stacks */
	bool fixed;      /* used by a stack or a second process: copied before it changes */
};

struct address_spaces {
	struct address_space *items;
	size_t count, alloc;
	size_t *of_stack; /* index into items for each stack of the log */
};

void address_spaces_replay(const struct stack_log *log, struct address_spaces *ret)
	__attribute__((nonnull));
void address_spaces_release(struct address_spaces *spaces) __attribute__((nonnull));

#endif
