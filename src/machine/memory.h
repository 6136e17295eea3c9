/* SPDX-License-Identifier: MIT */
/* machine/memory: how much memory a measured program may take before it is stopped. */
#ifndef MADVISOR_MACHINE_MEMORY_H
#define MADVISOR_MACHINE_MEMORY_H

#include <stdint.h>

#include "base/rootfs.h"

/*
 * 80% of what is available: MemAvailable of /proc/meminfo (proc(5)), or what is left of the memory limit
 * of this process's cgroup, where that is less. 0 where nothing is known.
 */
uint64_t memory_max_default_bytes(const struct rootfs *fs) __attribute__((nonnull));

#endif
