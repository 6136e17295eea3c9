/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/ranges: what ranges of pages go through: purged, made lazy, populated, moved.
 *
 * A state is a byte, so that two CPUs never lose each other's update of neighbouring pages: whole words
 * are written only where all their eight pages are in the range.
 */
#ifndef MADVISOR_BPF_RANGES_BPF_H
#define MADVISOR_BPF_RANGES_BPF_H

#include "bpf/tasks.bpf.h"

#define SHORT_RANGE_CHUNKS 8
#define STEP_NS 64          /* of a chunk, about */
#define MAX_NEW_CHUNKS 4096 /* 8 GiB of small pages: walking them takes about a millisecond */

enum range_action {
	RANGE_PURGE, /* with a cause; with 0 no page is there, and nothing took it */
	RANGE_LAZY,
	RANGE_POPULATE,
	RANGE_FRESH,
};

struct range {
	__u64 first; /* page numbers */
	__u64 last;
	__u32 next; /* of the list of chunks */
	__u32 space;
	__u32 action;
	__u32 cause;
	bool late;
};

static __always_inline __u64 range_apply_word(const struct range *range, __u64 word)
{
	__u64 there = present_bytes(word);
	__u64 whole;

	/* After attaching late, pages not seen yet may be present. */
	if (range->late && range->action != RANGE_FRESH)
		there |= zero_bytes(word);
	switch (range->action) {
	case RANGE_PURGE:
		whole = (there << 1) - (there >> 7);
		return (word & ~whole) | (whole & range->cause * EACH_BYTE);
	case RANGE_LAZY:
		return word | (there & zero_bytes(word)) | there >> 3;
	case RANGE_POPULATE:
		return TAX_PAGE_PRESENT * EACH_BYTE;
	default:
		return word | zero_bytes(word) >> 4;
	}
}

/*
 * Functions that are neither static nor inline are verified once, apart from their callers; so is the body of a
 * bpf_loop. A plain loop is walked once for each turn and each state that it is entered with.
 */

/* Pages first to last, which lie in the same word: a byte each, since their neighbours are others'. */
__noinline int range_apply_bytes(const struct range *range, struct tax_chunk *chunk, __u32 first,
				 __u32 last)
{
	__u64 word;

	if (!range || !chunk)
		return 0;
	word = range_apply_word(range, chunk->words[first / 8 & (TAX_CHUNK_WORDS - 1)]);
	for (__u32 i = 0; i < 8; i++) {
		__u32 page = first + i;

		if (page > last)
			break;
		chunk->pages[page & (TAX_CHUNK_PAGES - 1)] = (__u8)(word >> (page & 7) * 8);
	}
	return 0;
}

struct words {
	const struct range *range;
	struct tax_chunk *chunk;
	__u32 first;
	__u32 unused;
};

static long range_apply_next(__u32 index, struct words *words)
{
	__u64 *word = &words->chunk->words[(words->first + index) & (TAX_CHUNK_WORDS - 1)];

	*word = range_apply_word(words->range, *word);
	return 0;
}

/* Whole words. */
__noinline int range_apply_words(const struct range *range, struct tax_chunk *chunk, __u32 first,
				 __u32 count)
{
	struct words words = { .range = range, .chunk = chunk, .first = first };

	if (!range || !chunk)
		return 0;
	bpf_loop(count, range_apply_next, &words, 0);
	return 0;
}

/* Pages first to last of the chunk. */
static __always_inline void range_apply(const struct range *range, struct tax_chunk *chunk,
					__u32 first, __u32 last)
{
	__u32 begin = (first + 7) / 8, end = (last + 1) / 8;

	if (begin > end) {
		range_apply_bytes(range, chunk, first, last);
		return;
	}
	if (first < begin * 8)
		range_apply_bytes(range, chunk, first, begin * 8 - 1);
	if (begin < end)
		range_apply_words(range, chunk, begin, end - begin);
	if (last >= end * 8)
		range_apply_bytes(range, chunk, end * 8, last);
	if (first != 0 || last != TAX_CHUNK_PAGES - 1)
		return;
	if (range->action == RANGE_PURGE)
		chunk->fill = CHUNK_EMPTY;
	else if (range->action == RANGE_POPULATE)
		chunk->fill = CHUNK_FILLING;
}

__noinline int range_apply_chunk(const struct range *range, struct tax_chunk *chunk, __u64 number)
{
	__u64 base = number * TAX_CHUNK_PAGES, first, last;

	if (!range || !chunk)
		return 0;
	first = range->first > base ? range->first - base : 0;
	last = range->last - base < TAX_CHUNK_PAGES ? range->last - base : TAX_CHUNK_PAGES - 1;
	chunk_settle(chunk, number);
	range_apply(range, chunk, first, last);
	return 0;
}

/* Actions that set the state of pages not seen before create missing chunks. */
static __always_inline bool range_makes_chunks(const struct range *range)
{
	return range->action == RANGE_POPULATE || range->action == RANGE_FRESH || range->late;
}

static long range_chunk(__u32 index, struct range *range)
{
	__u64 number = range->first / TAX_CHUNK_PAGES + index;
	struct tax_chunk *chunk = chunk_find(range->space, number, range_makes_chunks(range));

	if (chunk)
		range_apply_chunk(range, chunk, number);
	return 0;
}

static long range_listed_chunk(__u32 unused, struct range *range)
{
	struct tax_chunk *chunk = chunk_listed(range->next, range->space);
	__u64 number;

	if (!chunk)
		return 1;
	range->next = chunk->next;
	number = chunk->number;
	if (number >= range->first / TAX_CHUNK_PAGES && number <= range->last / TAX_CHUNK_PAGES)
		range_apply_chunk(range, chunk, number);
	return 0;
}

/* Takes the shorter way: the chunks of the range, or those of the whole space. */
static __noinline int range_walk(struct range *range)
{
	__u64 wanted = range->last / TAX_CHUNK_PAGES - range->first / TAX_CHUNK_PAGES + 1;
	struct tax_space *space;
	__u32 bound;

	if (wanted <= SHORT_RANGE_CHUNKS ||
	    (range_makes_chunks(range) && wanted <= MAX_NEW_CHUNKS)) {
		bpf_loop(wanted, range_chunk, range, 0);
		return 0;
	}
	/* Pages of so long a new mapping stay unknown, as do unseen pages of a purged one. */
	if (range->action == RANGE_POPULATE)
		lose(&losses.ranges);
	space = bpf_map_lookup_elem(&spaces, &range->space);
	if (!space)
		return 0;
	if (wanted <= space->count && !range_makes_chunks(range)) {
		bpf_loop(wanted, range_chunk, range, 0);
		return 0;
	}
	range->next = space->head;
	bound = walk_bound(space);
	if (bpf_loop(bound, range_listed_chunk, range, 0) == bound)
		lose(&losses.ranges);
	return 0;
}

/* how: RANGE_HOW(); pages first to last, in more than one chunk. */
#define RANGE_HOW(action, cause) ((__u64)(action) | (__u64)(cause) << 8)
__noinline int range_change(__u32 space, bool late, __u32 how, __u64 first, __u64 last)
{
	struct range range = {
		.first = first,
		.last = last,
		.space = space,
		.action = how & 0xff,
		.cause = how >> 8 & 0xff,
		.late = late,
	};

	return track_pages && first <= last ? range_walk(&range) : 0;
}

/* The same in one chunk. */
__noinline int range_change_chunk(struct tax_thread *thread, __u32 how, __u64 first, __u64 last)
{
	struct range range = {
		.first = first,
		.last = last,
		.action = how & 0xff,
		.cause = how >> 8 & 0xff,
	};
	__u64 number = first / TAX_CHUNK_PAGES;
	struct tax_chunk *chunk;

	if (!thread)
		return 0;
	range.late = thread->late;
	chunk = chunk_of(thread, number, range_makes_chunks(&range));
	if (chunk)
		range_apply_chunk(&range, chunk, number);
	return 0;
}

/* Whether there is time for so many chunks: a program may call for ranges that are long to us and next to nothing to the kernel. */
static __noinline bool range_may_take(struct tax_slot *slot, __u64 wanted)
{
	__u32 id = slot->thread.space;
	struct tax_space *space;
	__u64 steps;

	if (wanted <= SHORT_RANGE_CHUNKS)
		return true;
	space = bpf_map_lookup_elem(&spaces, &id);
	steps = space && space->count < wanted ? space->count : wanted;
	return steps <= SHORT_RANGE_CHUNKS || run_may_take(slot, steps * STEP_NS);
}

/*
 * All pages that lie, if only in a part, in the bytes from address on. A range that wraps around, which no call
 * accepts, is empty.
 */
static __always_inline void change(struct tax_slot *slot, __u64 how, __u64 address, __u64 bytes)
{
	__u64 first = address >> page_shift, last = (address + bytes - 1) >> page_shift;
	struct tax_thread *thread = &slot->thread;

	if (!track_pages || !bytes || last < first)
		return;
	if (first / TAX_CHUNK_PAGES == last / TAX_CHUNK_PAGES)
		range_change_chunk(thread, how, first, last);
	else if (range_may_take(slot, last / TAX_CHUNK_PAGES - first / TAX_CHUNK_PAGES + 1))
		range_change(thread->space, thread->late, how, first, last);
	else
		space_forget(thread->space);
}

/*
 * mremap moved pages: their states move with them. What was said of the new place, that its pages had been given away,
 * holds for the old one from now on: memory that is given back here and faulted in there, as a block that realloc() moves
 * while it grows, comes back all the same.
 */
struct move {
	__u64 from; /* page numbers */
	__u64 to;
	__u64 count;
	__u32 space;
};

struct swap {
	struct tax_chunk *to;
	struct tax_chunk *from; /* NULL: its pages were never touched, and keep nothing */
	__u32 first;
	__u32 from_first;
};

static long swap_next_state(__u32 index, struct swap *swap)
{
	__u8 *to = &swap->to->pages[(swap->first + index) & (TAX_CHUNK_PAGES - 1)];
	__u8 former = *to & (TAX_PAGE_PRESENT | TAX_PAGE_HUGE) ? 0 : *to;
	__u8 *from;

	if (!swap->from) {
		*to = former;
		return 0;
	}
	from = &swap->from->pages[(swap->from_first + index) & (TAX_CHUNK_PAGES - 1)];
	*to = *from;
	*from = former;
	return 0;
}

__noinline int swap_states(struct tax_chunk *to, __u32 first, struct tax_chunk *from,
			   __u32 from_first, __u32 count)
{
	struct swap swap = {
		.to = to,
		.from = from,
		.first = first,
		.from_first = from_first,
	};

	if (to)
		bpf_loop(count, swap_next_state, &swap, 0);
	return 0;
}

static long move_chunk(__u32 index, struct move *move)
{
	__u64 number = move->to / TAX_CHUNK_PAGES + index;
	__u64 base = number * TAX_CHUNK_PAGES;
	__u64 first = move->to > base ? move->to : base;
	__u64 end = move->to + move->count < base + TAX_CHUNK_PAGES ? move->to + move->count
								    : base + TAX_CHUNK_PAGES;
	__u64 from = move->from + (first - move->to), low = from / TAX_CHUNK_PAGES;
	/* The source may lie in two chunks. */
	__u64 split = (low + 1) * TAX_CHUNK_PAGES - from;
	__u32 count = end - first, head = count < split ? count : split;
	struct tax_chunk *a = chunk_find(move->space, low, false);
	struct tax_chunk *b = head < count ? chunk_find(move->space, low + 1, false) : NULL;
	struct tax_chunk *chunk = chunk_find(move->space, number, true);

	if (!chunk)
		return 0;
	swap_states(chunk, first, a, from, head);
	swap_states(chunk, first + head, b, 0, count - head);
	chunk->fill = CHUNK_FILLING;
	return 0;
}

__noinline int pages_move(__u32 space, __u64 from, __u64 to, __u64 bytes)
{
	struct move move = {
		.from = from >> page_shift,
		.to = to >> page_shift,
		.count = (bytes + (1ull << page_shift) - 1) >> page_shift,
		.space = space,
	};
	__u64 wanted;

	if (!track_pages || !move.count)
		return 0;
	wanted = (move.to + move.count - 1) / TAX_CHUNK_PAGES - move.to / TAX_CHUNK_PAGES + 1;
	if (wanted > MAX_WALK_CHUNKS) {
		lose(&losses.ranges);
		return 0;
	}
	bpf_loop(wanted, move_chunk, &move, 0);
	return 0;
}

#endif
