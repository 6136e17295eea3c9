/* SPDX-License-Identifier: MIT */
#include "machine/memory.h"

#include "base/cgroup.h"

enum { SHARE_PCT = 80 };

uint64_t memory_max_default_bytes(const struct rootfs *fs)
{
	uint64_t available_kib, in_cgroups, available = UINT64_MAX;

	if (rootfs_read_field_u64(fs, "/proc/meminfo", "MemAvailable", &available_kib) == 0)
		available = available_kib * 1024;
	if (cgroup_memory_left(fs, &in_cgroups) && in_cgroups < available)
		available = in_cgroups;
	return available == UINT64_MAX ? 0 : available / 100 * SHARE_PCT;
}
