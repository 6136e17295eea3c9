/* SPDX-License-Identifier: MIT */
#include "machine/memory.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "proc/parse.h"

enum { SHARE_PCT = 80 };

/* What is left below a limit file and its usage file in a cgroup folder; UINT64_MAX without a limit. */
static uint64_t left_in(const struct rootfs *fs, const char *dir, const char *limit_name,
			const char *usage_name)
{
	_cleanup_free_ char *limit_path = xasprintf("%s/%s", dir, limit_name);
	_cleanup_free_ char *usage_path = xasprintf("%s/%s", dir, usage_name);
	uint64_t limit, usage;

	if (rootfs_read_u64(fs, limit_path, &limit) < 0 ||
	    rootfs_read_u64(fs, usage_path, &usage) < 0)
		return UINT64_MAX;
	return usage < limit ? limit - usage : 0;
}

/* The least that any cgroup from this process's own up to the root leaves, in one hierarchy. */
static uint64_t left_in_hierarchy(const struct rootfs *fs, const char *mount, char *group,
				  const char *limit_name, const char *usage_name)
{
	uint64_t least = UINT64_MAX;

	for (;;) {
		_cleanup_free_ char *dir = xasprintf("%s%s", mount, group);
		uint64_t left = left_in(fs, dir, limit_name, usage_name);

		least = left < least ? left : least;
		char *slash = strrchr(group, '/');
		if (!slash)
			return least;
		*slash = '\0';
	}
}

static uint64_t left_in_cgroups(const struct rootfs *fs)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uint64_t least = UINT64_MAX, left;

	if (rootfs_read(fs, "/proc/self/cgroup", &text) < 0)
		return least;
	_cleanup_free_ char *unified = proc_parse_cgroup(text.buf, NULL);
	_cleanup_free_ char *memory = proc_parse_cgroup(text.buf, "memory");

	if (unified)
		least = left_in_hierarchy(fs, "/sys/fs/cgroup", unified, "memory.max",
					  "memory.current");
	if (memory &&
	    (left = left_in_hierarchy(fs, "/sys/fs/cgroup/memory", memory, "memory.limit_in_bytes",
				      "memory.usage_in_bytes")) < least)
		least = left;
	return least;
}

uint64_t memory_max_default_bytes(const struct rootfs *fs)
{
	uint64_t available_kib, in_cgroups = left_in_cgroups(fs);
	uint64_t available = UINT64_MAX;

	if (rootfs_read_field_u64(fs, "/proc/meminfo", "MemAvailable", &available_kib) == 0)
		available = available_kib * 1024;
	if (in_cgroups < available)
		available = in_cgroups;
	return available == UINT64_MAX ? 0 : available / 100 * SHARE_PCT;
}
