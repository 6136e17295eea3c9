/* SPDX-License-Identifier: MIT */
/*
 * workload/prove: which object really serves this process's allocation functions.
 *
 * A preloaded library that the dynamic linker skipped, or that serves malloc but not calloc, must not
 * be measured as if it were there. The answer is what the linker bound, asked of the linker itself.
 */
#ifndef MADVISOR_WORKLOAD_PROVE_H
#define MADVISOR_WORKLOAD_PROVE_H

#include "base/strbuf.h"

/* Appends "malloc_object PATH\n" and the like for each function that cases call. */
void prove(struct strbuf *sb) __attribute__((nonnull));

#endif
