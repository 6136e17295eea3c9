/* SPDX-License-Identifier: MIT */
/*
 * alloc/stack-owner: whose doing the call at the inner end of a stack is: the allocator's, the program's own,
 * a thread stack's, the runtime's, the loader's.
 *
 * It goes by the innermost frame that is none of the C library's wrappers. Names are of the standards, of the C
 * libraries and of the allocators; where a file has no names, its own name decides.
 */
#ifndef MADVISOR_ALLOC_STACK_OWNER_H
#define MADVISOR_ALLOC_STACK_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#include "identify/identify.h"
#include "model/owner.h"
#include "model/stack.h"

/* A frame as it was read: function demangled, or NULL; module: path of its file, or NULL. */
struct code_place {
	const char *function;
	const char *module;
	enum frame_role role; /* by frame_role() */
};

/*
 * places: innermost first; is_whole: the last one is the stack's outermost frame. OWNER_UNKNOWN where the stack ends before
 * anybody is found.
 */
enum owner stack_owner(const struct identification *program, const struct code_place *places,
		       size_t count, bool is_whole) __attribute__((nonnull(1)));

#endif
