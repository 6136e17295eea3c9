/* SPDX-License-Identifier: MIT */
/*
 * The memory of a process, as a hostile one would make it for a reader of its heap: an arena that is found, whose fields
 * and whose heaps the bytes choose; the text of its mappings; and the answer of the child that reads. Whatever they
 * are: an end within the time, and figures that are not larger than what there is.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "heap/look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGE 4096ULL
#define DATA 0x7f0000000000ULL
#define BRK 0x550000000000ULL
#define SECOND 0x7e0000000000ULL
#define ARENA (DATA + 0x140)

enum { DATA_BYTES = 8192, HEAP_BYTES = 32768 };

static unsigned char data_part[DATA_BYTES], brk_part[HEAP_BYTES], second_part[HEAP_BYTES];
static const struct heap_area areas[] = {
	{ BRK, BRK + HEAP_BYTES, true, true, false, true },
	{ SECOND, SECOND + HEAP_BYTES, true, true, false, false },
	{ DATA, DATA + DATA_BYTES, true, true, true, false },
};
static unsigned char *const parts[] = { brk_part, second_part, data_part };
static unsigned int looks;

static void require(bool truth)
{
	if (!truth)
		abort();
}

static int read_parts(void *context, uint64_t address, void *ret, size_t len)
{
	for (size_t i = 0; i < 3; i++)
		if (address >= areas[i].start && address < areas[i].end &&
		    len <= areas[i].end - address) {
			memcpy(ret, parts[i] + (address - areas[i].start), len);
			return 0;
		}
	return -EFAULT;
}

static uint64_t resident(void *context, uint64_t start, uint64_t end)
{
	require(start < end && start % PAGE == 0 && end % PAGE == 0);
	return end - start;
}

static bool has_time(void *context)
{
	return looks++ < 100000;
}

static void put(unsigned char *to, uint64_t word)
{
	memcpy(to, &word, sizeof(word));
}

static void put_arena(unsigned char *arena, uint64_t address, uint64_t top, uint64_t next)
{
	for (uint64_t i = 0; i < 254; i++)
		put(arena + 112 + 8 * i, address + 112 + 16 * (i / 2) - 16);
	put(arena + 96, top);
	put(arena + 2160, next);
	put(arena + 2184, HEAP_BYTES);
	put(arena + 2192, HEAP_BYTES);
}

/* Chunks up to the top, of which each byte chooses one: its size, and whether the one before it is in use. */
static void fill(unsigned char *part, size_t from, size_t to, const uint8_t *data, size_t size)
{
	uint64_t bytes = 0;

	while (from < to) {
		uint8_t choice = size ? (size--, *data++) : 0x41;
		bool in_use = choice & 0x80 || !bytes;

		if (!in_use)
			put(part + from, bytes);
		bytes = 32 + 16 * (uint64_t)(choice & 0x7f);
		if (to - from < bytes + 32)
			bytes = to - from;
		put(part + from + 8, bytes | in_use);
		from += bytes;
	}
}

/* Places and words, by which the bytes change what is there. */
static void change(const uint8_t *data, size_t size)
{
	for (; size >= 11; data += 11, size -= 11) {
		unsigned char *part = parts[data[0] % 3];
		size_t bytes = data[0] % 3 == 2 ? DATA_BYTES : HEAP_BYTES, place;

		place = ((size_t)data[1] | (size_t)data[2] << 8) % (bytes / 8) * 8;
		memcpy(part + place, data + 3, 8);
	}
}

static void check_heap(const uint8_t *data, size_t size)
{
	static struct glibc_heap heap;
	const struct heap_memory memory = { read_parts, resident, has_time, NULL, PAGE };
	size_t chosen = size / 2 < 512 ? size / 2 : 512;

	memset(data_part, 0, sizeof(data_part));
	memset(brk_part, 0, sizeof(brk_part));
	memset(second_part, 0, sizeof(second_part));
	fill(brk_part, 0, 0x2000, data, chosen);
	fill(second_part, 0x8d0, 0x1000, data, chosen);
	put_arena(data_part + 0x140, ARENA, BRK + 0x2000, SECOND + 0x30);
	put(data_part + 0x140 + 16, BRK + 0x20);
	put_arena(second_part + 0x30, SECOND + 0x30, SECOND + 0x1000, ARENA);
	put(second_part, SECOND + 0x30);
	put(second_part + 16, HEAP_BYTES);
	put(second_part + 0x1008, HEAP_BYTES - 0x1000 + 1);
	put(brk_part + 0x2008, HEAP_BYTES - 0x2000 + 1);
	change(data + chosen, size - chosen);
	looks = 0;
	if (glibc_heap_read(&memory, areas, 3, &heap) < 0)
		return;
	/* Heaps may be named twice, but not without end. */
	require(heap.walked_bytes <= heap.heaps * (uint64_t)HEAP_BYTES);
	require(heap.live_bytes + heap.tcache_bytes + heap.free_bytes + heap.fastbin_bytes +
			heap.top_bytes <=
		heap.walked_bytes);
	require(heap.skipped_bytes <= heap.heaps * (uint64_t)HEAP_BYTES);
	require(heap.resident_free_bytes <= heap.walked_bytes);
	require(heap.large_bytes <= heap.trim_bytes + heap.other_top_bytes);
	require(heap.secondary_bytes <= heap.resident_free_bytes);
}

static void check_mappings(const char *text)
{
	struct memory_kinds kinds;
	struct heap_areas found = { 0 };
	uint64_t before = 0;

	smaps_parse(text, &kinds, &found);
	for (size_t i = 0; i < found.count; i++)
		require(found.items[i].start < found.items[i].end);
	for (size_t i = 0; i < MEMORY_KIND_COUNT; i++)
		before += kinds.resident_bytes[i];
	require(before == kinds.all_resident_bytes);
	free(found.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory_look look;
	char *text = xstrndup((const char *)data, size);

	check_mappings(text);
	free(text);
	if (memory_look_parse((const char *)data, size, &look) == 0)
		require((unsigned int)look.state < HEAP_STATE_COUNT);
	check_heap(data, size);
	return 0;
}
