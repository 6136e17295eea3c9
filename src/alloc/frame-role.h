/* SPDX-License-Identifier: MIT */
/*
 * alloc/frame-role: whose code a frame of a stack is: the allocator's, the language's, or the program's own.
 *
 * Told by the file and by the name of the function, so that it holds for an allocator that is linked into the program as
 * well, as far as its functions have names.
 */
#ifndef MADVISOR_ALLOC_FRAME_ROLE_H
#define MADVISOR_ALLOC_FRAME_ROLE_H

#include "identify/identify.h"
#include "model/stack.h"

/* function: demangled, NULL where it has no name; module: path of its file, or NULL. */
enum frame_role frame_role(const struct identification *program, const char *function,
			   const char *module) __attribute__((nonnull(1)));

#endif
