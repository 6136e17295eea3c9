/* SPDX-License-Identifier: MIT */
/* alloc/preload: whether a program's allocator can be replaced, and the alternatives if not. */
#ifndef MADVISOR_ALLOC_PRELOAD_H
#define MADVISOR_ALLOC_PRELOAD_H

#include "identify/identify.h"
#include "base/error.h"

/*
 * 0 if LD_PRELOAD replaces the program's allocator, as far as is known. -EPERM with ERROR_USAGE
 * says why it does not, and names the settings that can be compared instead.
 */
int program_check_preload(const struct identification *program, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
