/* SPDX-License-Identifier: MIT */
/*
 * The files of /proc/PID, of which a process chooses its name, its environment, its paths and its maps: every parser of
 * proc/ on the same bytes. Whatever they are: a refusal, or values that are of the form that is promised.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cgroup.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "proc/maps.h"
#include "proc/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_stat(const char *text)
{
	struct proc_stat stat;
	uint64_t pages;

	if (proc_parse_stat(text, &stat) == 0)
		require(memchr(stat.name, '\0', sizeof(stat.name)) &&
			stat.ended == (stat.state == 'Z' || stat.state == 'X'));
	(void)(proc_parse_statm(text, &pages) == 0 && pages);
}

static void check_status(const char *text)
{
	struct proc_credentials who;
	struct proc_status status;

	if (proc_parse_status(text, &status) == 0)
		require(status.rss_bytes % 1024 == 0);
	if (proc_parse_credentials(text, &who) == 0)
		require(who.group_count <= PROC_GROUPS_MAX);
}

static void check_maps(const char *text)
{
	const char *end = text + strlen(text);
	struct map_line line;

	for (const char *rest = text; map_next(&rest, &line);) {
		bool deleted;
		_cleanup_free_ char *path = map_line_path(&line, &deleted);

		require(line.start < line.end && rest <= end);
		require(line.path >= text && line.path + line.path_len <= end);
		require(!memchr(line.path, '\n', line.path_len));
		require(strlen(path) + (deleted ? strlen(" (deleted)") : 0) == line.path_len);
	}
}

static void check_environ(const char *bytes, size_t size)
{
	char **items = proc_parse_environ(bytes, size);
	size_t total = 0;

	for (size_t i = 0; items[i]; i++) {
		require(strchr(items[i], '='));
		total += strlen(items[i]);
	}
	require(total <= size);
	strv_free(items);
}

static void check_auxv(const char *bytes, size_t size)
{
	uint64_t value;

	if (proc_parse_auxv(bytes, size, 4, 25, &value))
		require(value <= UINT32_MAX && size >= 8);
	if (proc_parse_auxv(bytes, size, 8, 25, &value))
		require(size >= 16);
}

static void check_cgroup(const char *text)
{
	_cleanup_free_ char *unified = cgroup_parse(text, NULL);
	_cleanup_free_ char *memory = cgroup_parse(text, "memory");

	require(!unified || !strchr(unified, '\n'));
	require(!memory || !strchr(memory, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* An exact copy, for a sanitizer to see a step beyond; and one that ends as the texts do. */
	_cleanup_free_ char *bytes = xmalloc(size ? size : 1);
	_cleanup_free_ char *text = xstrndup((const char *)data, size);

	if (size)
		memcpy(bytes, data, size);
	check_stat(text);
	check_status(text);
	check_maps(text);
	check_cgroup(text);
	check_environ(bytes, size);
	check_auxv(bytes, size);
	return 0;
}
