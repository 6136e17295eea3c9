/* SPDX-License-Identifier: MIT */
#include "model/owner.h"

#include <string.h>

static const struct {
	const char *name;
	const char *label;
} owners[OWNERS] = {
	[OWNER_ALLOCATOR] = { "allocator", "allocator" },
	[OWNER_OTHER_ALLOCATOR] = { "other-allocator", "a library's own allocator" },
	[OWNER_MAPPING] = { "own-mapping", "the program's own mmap" },
	[OWNER_TRIM] = { "program-trim", "the program's own trimming" },
	[OWNER_THREADS] = { "thread-stacks", "thread stacks" },
	[OWNER_RUNTIME] = { "runtime-heap", "the runtime's heap" },
	[OWNER_FILES] = { "files", "files" },
	[OWNER_EXEC] = { "exec", "loader and exec" },
	[OWNER_FORK] = { "fork-copies", "copies after fork" },
	[OWNER_UNKNOWN] = { "unknown", "unknown" },
};

const char *owner_name(enum owner owner)
{
	return owners[owner].name;
}

int owner_by_name(const char *name)
{
	for (int i = 0; i < OWNERS; i++)
		if (!strcmp(owners[i].name, name))
			return i;
	return -1;
}

const char *owner_label(enum owner owner)
{
	return owners[owner].label;
}
