/* SPDX-License-Identifier: MIT */
/* alloc/preload: whether a program's allocator can be replaced, and what else can be done where it cannot. */
#ifndef MADVISOR_ALLOC_PRELOAD_H
#define MADVISOR_ALLOC_PRELOAD_H

#include "identify/identify.h"
#include "base/error.h"

/*
 * 0 where LD_PRELOAD replaces the program's allocator, or nothing speaks against it. -EPERM with ERROR_USAGE says
 * why it does not, and names the way out: the settings that can be compared instead.
 */
int program_check_preload(const struct identification *program, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
