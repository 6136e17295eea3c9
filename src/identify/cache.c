/* SPDX-License-Identifier: MIT */
#include "identify/cache.h"

#include <stdint.h>
#include <string.h>

#define MAGIC "glibc-ld.so.cache1.1"

struct cache_header {
	char magic[sizeof(MAGIC) - 1];
	uint32_t count;
	uint32_t texts_size;
	uint8_t flags;
	uint8_t padding[3];
	uint32_t extension_offset;
	uint32_t unused[3];
};

struct cache_entry {
	int32_t flags;
	uint32_t name; /* offsets from the header */
	uint32_t path;
	uint32_t os_version;
	uint64_t hwcap;
};

static const char *text_at(const char *bytes, size_t size, uint32_t offset)
{
	return offset < size && memchr(bytes + offset, '\0', size - offset) ? bytes + offset : NULL;
}

bool loader_cache_find(const char *bytes, size_t size, const char *name,
		       bool (*visit)(const char *path, void *context), void *context)
{
	const char *start = size ? memmem(bytes, size, MAGIC, strlen(MAGIC)) : NULL;
	struct cache_header header;

	if (!start || size - (size_t)(start - bytes) < sizeof(header))
		return false;
	size -= (size_t)(start - bytes);
	memcpy(&header, start, sizeof(header));
	for (size_t i = 0; i < header.count; i++) {
		struct cache_entry entry;

		if (size - sizeof(header) < (i + 1) * sizeof(entry))
			return false;
		memcpy(&entry, start + sizeof(header) + i * sizeof(entry), sizeof(entry));
		const char *found = text_at(start, size, entry.name);
		const char *path = text_at(start, size, entry.path);
		if (found && path && !strcmp(found, name) && visit(path, context))
			return true;
	}
	return false;
}
