/* SPDX-License-Identifier: MIT */
#include "heap/smaps.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "proc/maps.h"

static bool is_named(const struct map_line *line, const char *name)
{
	return line->path_len == strlen(name) && memcmp(line->path, name, line->path_len) == 0;
}

static enum memory_kind kind_of(const struct map_line *line)
{
	if (line->shared)
		return MEMORY_SHARED;
	if (is_named(line, "[heap]"))
		return MEMORY_BRK;
	if (is_named(line, "[stack]"))
		return MEMORY_STACK;
	return line->inode ? MEMORY_FILE : MEMORY_ANONYMOUS;
}

static void add_area(struct heap_areas *areas, const struct map_line *line, enum memory_kind kind)
{
	const struct heap_area *last = areas->count ? &areas->items[areas->count - 1] : NULL;
	/* Zeroed data has a mapping of its own, of no file, behind that of the initialised data. */
	bool follows = last && last->is_file && last->end == line->start && line->writable &&
		       kind == MEMORY_ANONYMOUS;

	*ARRAY_PUSH(areas->items, areas->count, areas->alloc) = (struct heap_area){
		.start = line->start,
		.end = line->end,
		.writable = line->writable && line->readable,
		.is_private = !line->shared,
		.is_file = kind == MEMORY_FILE || follows,
		.is_brk = kind == MEMORY_BRK,
	};
}

/* "Rss:                 132 kB"; not more than a process can have. */
static bool take_field(const char *line, const char *name, uint64_t *ret_bytes)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(line, name, len) != 0 || line[len] != ':')
		return false;
	const char *digits = line + len + 1 + strspn(line + len + 1, " \t");
	if (!isdigit((unsigned char)*digits))
		return false;
	unsigned long long kib = strtoull(digits, &end, 10);
	*ret_bytes = kib < (1ULL << 44) ? kib * 1024 : 0;
	return strncmp(end, " kB", 3) == 0;
}

static void add_field(const char *line, enum memory_kind kind, struct memory_kinds *kinds)
{
	uint64_t bytes;

	if (take_field(line, "Rss", &bytes)) {
		kinds->resident_bytes[kind] += bytes;
		kinds->all_resident_bytes += bytes;
	} else if (take_field(line, "AnonHugePages", &bytes)) {
		kinds->huge_bytes += bytes;
	} else if (take_field(line, "LazyFree", &bytes)) {
		kinds->lazy_bytes += bytes;
	} else if (take_field(line, "Swap", &bytes)) {
		kinds->swapped_bytes += bytes;
	} else if (take_field(line, "Locked", &bytes)) {
		kinds->locked_bytes += bytes;
	}
}

void smaps_parse(const char *text, struct memory_kinds *ret, struct heap_areas *ret_areas)
{
	enum memory_kind kind = MEMORY_ANONYMOUS;
	bool inside = false;

	*ret = (struct memory_kinds){ 0 };
	while (*text) {
		const char *next = strchrnul(text, '\n'), *rest = text;
		struct map_line line;

		/* Fields begin with a capital, addresses do not. */
		if (isxdigit((unsigned char)*text) && !isupper((unsigned char)*text)) {
			inside = map_next(&rest, &line) && rest <= next + 1;
			if (inside) {
				kind = kind_of(&line);
				ret->mappings[kind]++;
				ret->mapped_bytes[kind] += line.end - line.start;
				add_area(ret_areas, &line, kind);
			}
		} else if (inside) {
			add_field(text, kind, ret);
		}
		text = *next ? next + 1 : next;
	}
}

const char *memory_kind_text(enum memory_kind kind)
{
	static const char *const texts[MEMORY_KIND_COUNT] = {
		[MEMORY_BRK] = "brk heap",     [MEMORY_ANONYMOUS] = "anonymous mappings",
		[MEMORY_STACK] = "main stack", [MEMORY_FILE] = "files",
		[MEMORY_SHARED] = "shared",
	};

	return kind < MEMORY_KIND_COUNT ? texts[kind] : "other";
}
