/* SPDX-License-Identifier: MIT */
#include "heap/glibc-internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

/* Data of one mapping, and of all, that is searched. glibc's own is 60 KiB. */
#define AREA_MAX_BYTES (64ULL << 20)
#define ALL_MAX_BYTES (256ULL << 20)
#define BINS_BYTES (2 * GLIBC_BIN_HEADS * sizeof(uint64_t))
#define LAST_HEAD (2 * (GLIBC_BIN_HEADS - 1))
/* More memory than a process of 64 bits can have. */
#define MOST_BYTES (1ULL << 48)
/* Larger than M_MMAP_THRESHOLD may be; addresses are larger still. */
#define MOST_THRESHOLD (1ULL << 32)
/* Where bins begin in an arena: since 2.26, and since 2.43, without fastbins. */
static const uint64_t bins_offsets[] = { 112, 24 };

static uint64_t word_at(const unsigned char *bytes, size_t at)
{
	uint64_t word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

/* Whether 127 heads of lists stand there, each of an empty list or of one that leads elsewhere. */
static bool are_bins(const unsigned char *bytes, uint64_t address)
{
	for (size_t i = 0; i < GLIBC_BIN_HEADS; i++) {
		uint64_t forward = word_at(bytes, 16 * i), back = word_at(bytes, 16 * i + 8);
		uint64_t own = address + 16 * i - 16;

		if ((forward == own) != (back == own))
			return false;
		if (!forward || !back || forward % GLIBC_ALIGNMENT != own % GLIBC_ALIGNMENT ||
		    back % GLIBC_ALIGNMENT != own % GLIBC_ALIGNMENT)
			return false;
	}
	return true;
}

static bool read_arena(const struct heap_memory *memory, uint64_t address, uint64_t offset,
		       struct glibc_arena *ret, uint64_t *ret_next)
{
	uint64_t bins = address + offset, most;

	*ret = (struct glibc_arena){ .address = address,
				     .bins = bins,
				     .has_fastbins = offset > 96 };
	return heap_memory_word(memory, bins - GLIBC_TOP_BEFORE_BINS, &ret->top) &&
	       heap_memory_word(memory, bins + GLIBC_NEXT_AFTER_BINS, ret_next) &&
	       heap_memory_word(memory, bins + GLIBC_ATTACHED_AFTER_BINS, &ret->attached) &&
	       heap_memory_word(memory, bins + GLIBC_SYSTEM_AFTER_BINS, &ret->system_bytes) &&
	       heap_memory_word(memory, bins + GLIBC_MOST_SYSTEM_AFTER_BINS, &most) &&
	       ret->system_bytes < MOST_BYTES && ret->system_bytes <= most;
}

/*
 * Reads the ring of arenas from the main one, whose start is not known before. True if it closes. A secondary arena
 * lies at the start of a heap, whose first word points to it (heap_info).
 */
static bool read_ring(const struct heap_memory *memory, uint64_t bins, uint64_t offset,
		      struct glibc_place *ret)
{
	size_t before = ret->count;
	uint64_t main_arena = bins - offset, address = main_arena;

	do {
		struct glibc_arena arena;
		uint64_t next, owner;

		if (!read_arena(memory, address, offset, &arena, &next) ||
		    ret->count - before >= GLIBC_ARENAS_MAX)
			break;
		arena.is_main = address == main_arena;
		if (!arena.is_main &&
		    (!heap_memory_word(memory, address & ~(memory->page_bytes - 1), &owner) ||
		     owner != address))
			break;
		*ARRAY_PUSH(ret->arenas, ret->count, ret->alloc) = arena;
		address = next;
	} while (address != main_arena);
	if (address == main_arena && ret->count > before)
		return true;
	ret->count = before;
	return false;
}

static bool add_arenas(const struct heap_memory *memory, uint64_t bins, struct glibc_place *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(bins_offsets); i++)
		if (read_ring(memory, bins, bins_offsets[i], ret))
			return true;
	return false;
}

static int32_t int_at(const unsigned char *bytes, size_t at)
{
	int32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

/*
 * Whether sbrk_base of the parameters stands at `at`; then takes them. `gap`: of the counts before the sizes, which
 * moved in 2.35: the words of huge pages came in, and with them a hole.
 */
static bool take_parameters(const unsigned char *bytes, size_t at, size_t gap, size_t first,
			    struct glibc_place *ret)
{
	if (at < first)
		return false;
	int32_t mappings = int_at(bytes, at - gap), most_allowed = int_at(bytes, at - gap + 4);
	int32_t most = int_at(bytes, at - gap + 8), no_dynamic = int_at(bytes, at - gap + 12);
	uint64_t mmapped = word_at(bytes, at - 16), most_mmapped = word_at(bytes, at - 8);
	uint64_t trim = word_at(bytes, at - first), threshold = word_at(bytes, at - first + 16);

	if (mappings < 0 || most_allowed < 0 || most < mappings || no_dynamic < 0 ||
	    no_dynamic > 1 || mmapped > most_mmapped || most_mmapped >= MOST_BYTES ||
	    (mappings > 0) != (mmapped > 0) || mmapped % 4096 || !threshold ||
	    threshold >= MOST_THRESHOLD)
		return false;
	/* Bins, largest size and count of threads' caches follow: no pointers. */
	for (size_t i = 1; i <= 3; i++)
		if (word_at(bytes, at + 8 * i) >= MOST_THRESHOLD)
			return false;
	ret->has_parameters = true;
	ret->has_dynamic_threshold = !no_dynamic;
	ret->sbrk_base = word_at(bytes, at);
	ret->mmapped = (uint64_t)mappings;
	ret->mmapped_bytes = mmapped;
	ret->trim_threshold = trim;
	ret->mmap_threshold = threshold;
	return true;
}

static void find_parameters(const unsigned char *bytes, size_t len,
			    const struct heap_area *brk_area, struct glibc_place *ret)
{
	for (size_t at = 0; at + 4 * sizeof(uint64_t) <= len && !ret->has_parameters;
	     at += sizeof(uint64_t)) {
		uint64_t word = word_at(bytes, at);

		if (word < brk_area->start || word >= brk_area->end)
			continue;
		/* Since 2.35, and before. */
		if (!take_parameters(bytes, at, 36, 96, ret))
			(void)take_parameters(bytes, at, 32, 72, ret);
	}
}

static void search_area(const struct heap_memory *memory, const struct heap_area *area,
			const struct heap_area *brk_area, struct glibc_place *ret)
{
	size_t len = area->end - area->start, mains = 0;
	_cleanup_free_ unsigned char *bytes = malloc(len);
	size_t before = ret->count;

	if (!bytes || memory->read(memory->context, area->start, bytes, len) < 0)
		return;
	for (size_t at = LAST_HEAD * sizeof(uint64_t); at + 16 <= len; at += sizeof(uint64_t)) {
		uint64_t word = word_at(bytes, at);
		size_t first = at - LAST_HEAD * sizeof(uint64_t);

		if (word != area->start + at - 16 || word_at(bytes, at + 8) != word ||
		    !are_bins(bytes + first, area->start + first))
			continue;
		if (add_arenas(memory, area->start + first, ret) && ++mains == GLIBC_MAINS_MAX)
			break;
	}
	if (ret->count > before && brk_area && !ret->has_parameters)
		find_parameters(bytes, len, brk_area, ret);
}

bool glibc_find(const struct heap_memory *memory, const struct heap_area *areas, size_t area_count,
		struct glibc_place *ret)
{
	const struct heap_area *brk_area = NULL;
	uint64_t left = ALL_MAX_BYTES;

	*ret = (struct glibc_place){ 0 };
	for (size_t i = 0; i < area_count && !brk_area; i++)
		if (areas[i].is_brk)
			brk_area = &areas[i];
	for (size_t i = 0; i < area_count; i++) {
		uint64_t len = areas[i].end - areas[i].start;

		if (!areas[i].is_file || !areas[i].writable || !areas[i].is_private ||
		    len < BINS_BYTES || len > AREA_MAX_BYTES || len > left ||
		    !heap_memory_has_time(memory))
			continue;
		left -= len;
		search_area(memory, &areas[i], brk_area, ret);
	}
	return ret->count > 0;
}
