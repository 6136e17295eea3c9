/* SPDX-License-Identifier: MIT */
/*
 * alloc/frame-role: classifies a stack frame's code: the allocator's, the language's, or the
 * program's own.
 *
 * It goes by file and function name, so that it also works for an allocator linked into the
 * program, as far as its functions have names.
 */
#ifndef MADVISOR_ALLOC_FRAME_ROLE_H
#define MADVISOR_ALLOC_FRAME_ROLE_H

#include "identify/identify.h"
#include "model/stack.h"

/* function: demangled, or NULL; module: path of its file, or NULL. */
enum frame_role frame_role(const struct identification *program, const char *function,
			   const char *module) __attribute__((nonnull(1)));

#endif
