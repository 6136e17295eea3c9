/* SPDX-License-Identifier: MIT */
#include "base/cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"

/* Version 1 says "no limit" by a number near 2^63. */
static const uint64_t MEMORY_UNLIMITED_BYTES = UINT64_C(1) << 60;

/* Whether a comma-separated list holds the word. */
static bool list_holds(const char *list, size_t list_len, const char *word)
{
	size_t len = strlen(word);

	for (const char *end = list + list_len; list < end;) {
		size_t item = strcspn(list, ",:");

		if (item == len && !strncmp(list, word, len))
			return true;
		list += item + 1;
	}
	return false;
}

char *cgroup_parse(const char *text, const char *controller)
{
	/* Lines are "ID:CONTROLLERS:PATH"; version 2 has no controllers. */
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t line_len = strcspn(line, "\n");
		const char *controllers = memchr(line, ':', line_len);
		if (!controllers++)
			continue;
		const char *path =
			memchr(controllers, ':', line_len - (size_t)(controllers - line));
		if (!path)
			continue;
		size_t len = (size_t)(path - controllers);
		if (controller ? list_holds(controllers, len, controller) : len == 0)
			return xstrndup(path + 1, strcspn(path + 1, "\n"));
	}
	return NULL;
}

/* The path of this process' group in a hierarchy; NULL where the process is in none. */
static char *own_path(const struct rootfs *fs, const char *controller)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	return rootfs_read(fs, "/proc/self/cgroup", &text) < 0 ? NULL
							       : cgroup_parse(text.buf, controller);
}

/*
 * Calls visit() for a file of each level, from the process' own group to the root of the hierarchy.
 * In a container the path may be one of the host's, which does not exist there: then the root's
 * limit applies.
 */
static void walk(const struct rootfs *fs, const char *mount, const char *controller,
		 void (*visit)(const struct rootfs *fs, const char *dir, void *data), void *data)
{
	_cleanup_free_ char *path = own_path(fs, controller);

	if (!path)
		return;
	for (;;) {
		_cleanup_free_ char *dir = xasprintf("%s%s", mount, !strcmp(path, "/") ? "" : path);
		char *slash = strrchr(path, '/');

		visit(fs, dir, data);
		if (!slash || path[1] == '\0')
			return;
		slash[slash == path] = '\0';
	}
}

static void visit_memory(const struct rootfs *fs, const char *dir, void *data)
{
	static const char *const names[] = { "memory.max", "memory.limit_in_bytes" };
	uint64_t *least = data;

	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *file = xasprintf("%s/%s", dir, names[i]);
		uint64_t bytes; /* "max" fails to parse */

		if (rootfs_read_u64(fs, file, &bytes) == 0 && bytes < *least)
			*least = bytes;
	}
}

bool cgroup_memory_max(const struct rootfs *fs, uint64_t *ret_bytes)
{
	uint64_t least = UINT64_MAX;

	walk(fs, "/sys/fs/cgroup", NULL, visit_memory, &least);
	walk(fs, "/sys/fs/cgroup/memory", "memory", visit_memory, &least);
	*ret_bytes = least;
	return least < MEMORY_UNLIMITED_BYTES;
}

/* The memory left between a limit file and its usage file, of either version. */
static void visit_memory_left(const struct rootfs *fs, const char *dir, void *data)
{
	static const char *const names[][2] = { { "memory.max", "memory.current" },
						{ "memory.limit_in_bytes",
						  "memory.usage_in_bytes" } };
	uint64_t *least = data, limit, used;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *limit_file = xasprintf("%s/%s", dir, names[i][0]);
		_cleanup_free_ char *usage_file = xasprintf("%s/%s", dir, names[i][1]);

		if (rootfs_read_u64(fs, limit_file, &limit) < 0 ||
		    limit >= MEMORY_UNLIMITED_BYTES || rootfs_read_u64(fs, usage_file, &used) < 0)
			continue;
		uint64_t left = used < limit ? limit - used : 0;
		*least = left < *least ? left : *least;
	}
}

bool cgroup_memory_left(const struct rootfs *fs, uint64_t *ret_bytes)
{
	*ret_bytes = UINT64_MAX;
	walk(fs, "/sys/fs/cgroup", NULL, visit_memory_left, ret_bytes);
	walk(fs, "/sys/fs/cgroup/memory", "memory", visit_memory_left, ret_bytes);
	return *ret_bytes < UINT64_MAX;
}

static void note_quota(uint64_t quota, uint64_t period, double *least)
{
	if (period && (*least == 0 || (double)quota / (double)period < *least))
		*least = (double)quota / (double)period;
}

static void visit_cpu(const struct rootfs *fs, const char *dir, void *data)
{
	_cleanup_free_ char *max = xasprintf("%s/cpu.max", dir);
	_cleanup_free_ char *quota_file = xasprintf("%s/cpu.cfs_quota_us", dir);
	_cleanup_free_ char *period_file = xasprintf("%s/cpu.cfs_period_us", dir);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uint64_t quota, period;

	if (rootfs_read(fs, max, &text) == 0 &&
	    sscanf(text.buf, "%" SCNu64 " %" SCNu64, &quota, &period) == 2)
		note_quota(quota, period, data);
	/* Version 1 has -1 for no quota, which fails to parse as unsigned. */
	if (rootfs_read_u64(fs, quota_file, &quota) == 0 &&
	    rootfs_read_u64(fs, period_file, &period) == 0)
		note_quota(quota, period, data);
}

bool cgroup_cpu_max(const struct rootfs *fs, double *ret_cpus)
{
	*ret_cpus = 0;
	walk(fs, "/sys/fs/cgroup", NULL, visit_cpu, ret_cpus);
	walk(fs, "/sys/fs/cgroup/cpu", "cpu", visit_cpu, ret_cpus);
	return *ret_cpus > 0;
}

unsigned int cgroup_cpus(const struct rootfs *fs, unsigned int count)
{
	double quota;

	if (!cgroup_cpu_max(fs, &quota) || quota >= count)
		return count;
	unsigned int whole = (unsigned int)quota;

	return whole + (quota > whole || !whole);
}
