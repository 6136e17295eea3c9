/* SPDX-License-Identifier: MIT */
#include "alloc/arenas.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#define HEAP_BYTES (UINT64_C(64) << 20)
/* A map has at most 65,530 lines unless somebody raised vm.max_map_count. */
#define MAP_MAX_BYTES ((size_t)64 << 20)

struct mapping {
	uint64_t start, end;
	bool writable, reserved; /* rw-p, ---p */
};

/* Anonymous private memory; false for everything else. */
static bool parse_mapping(const char *line, size_t len, struct mapping *ret)
{
	unsigned long long start, end, inode;
	char rights[5], path[2];
	_cleanup_free_ char *copy = xstrndup(line, len);
	int fields =
		sscanf(copy, "%llx-%llx %4s %*x %*s %llu %1s", &start, &end, rights, &inode, path);

	*ret = (struct mapping){
		.start = start,
		.end = end,
		.writable = fields == 4 && !strcmp(rights, "rw-p"),
		.reserved = fields == 4 && !strcmp(rights, "---p"),
	};
	return fields == 4 && inode == 0 && start < end && (ret->writable || ret->reserved);
}

/* A written part from an aligned address on, and behind it what is reserved up to the next one. */
static void count_heap(const struct mapping *written, const struct mapping *rest,
		       struct arenas *arenas)
{
	uint64_t heaps = (written->end - written->start + HEAP_BYTES - 1) / HEAP_BYTES;

	if (!written->writable || !rest->reserved || written->start % HEAP_BYTES ||
	    rest->start != written->end || rest->end - written->start != heaps * HEAP_BYTES)
		return;
	arenas->heaps += heaps;
	arenas->bytes += written->end - written->start;
}

void arenas_parse(const char *maps, struct arenas *ret)
{
	struct mapping before = { 0 };

	*ret = (struct arenas){ 0 };
	for (const char *line = maps; *line;) {
		size_t len = strcspn(line, "\n");
		struct mapping mapping;

		if (!parse_mapping(line, len, &mapping))
			mapping = (struct mapping){ 0 };
		/* A heap may be in several pieces, of which huge pages were asked for some. */
		if (mapping.writable && before.writable && mapping.start == before.end &&
		    mapping.start % HEAP_BYTES)
			mapping.start = before.start;
		count_heap(&before, &mapping, ret);
		before = mapping;
		line += len + (line[len] == '\n');
	}
}

int arenas_read(pid_t pid, struct arenas *ret)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/maps", (int)pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = strbuf_read_file(&text, path, MAP_MAX_BYTES);

	if (r < 0)
		return r;
	arenas_parse(text.buf, ret);
	return 0;
}
