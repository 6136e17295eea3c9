/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/pages: the state of every page that a program touched, and what a range of pages goes through.
 *
 * A state is a byte, so that two CPUs never lose each other's update of neighbouring pages: whole words
 * are written only where all their eight pages are in the range.
 *
 * Huge pages: a fault that finds an empty chunk, in a mapping that covers the whole chunk and may have
 * huge pages, probably brings all 512 pages. They get TAX_PAGE_HUGE, which counts as present when they
 * are taken away. If another of them faults all the same, it was no huge page: the marks go.
 */
#ifndef MADVISOR_BPF_PAGES_BPF_H
#define MADVISOR_BPF_PAGES_BPF_H

#include "bpf/maps.bpf.h"

#define EACH_BYTE 0x0101010101010101ull
/* Walking this many chunks (8 GiB of small pages) takes about a millisecond. */
#define MAX_NEW_CHUNKS  4096
#define MAX_WALK_CHUNKS (1u << 20)

enum range_action {
	RANGE_PURGE, /* with a cause */
	RANGE_LAZY,
	RANGE_POPULATE,
	RANGE_FRESH,
	RANGE_FORGET,
};

/* What a chunk is filled by. */
enum chunk_fill {
	CHUNK_EMPTY,   /* no page of it is there: the next fault may bring a huge one */
	CHUNK_FILLING, /* page by page, or with a huge one: its pages say so */
	CHUNK_UNSURE,  /* one fault so far, of which it could not be told */
};

struct range {
	__u64 first; /* page numbers */
	__u64 last;
	__u64 next; /* of the list of chunks */
	__u32 space;
	__u32 action;
	__u32 cause;
	bool late;
};

/* Bit 7 of each byte whose page is there, or may be as a part of a huge page. */
static __always_inline __u64 present_bytes(__u64 word)
{
	return (word | word << 1) & TAX_PAGE_PRESENT * EACH_BYTE;
}

/* Bit 7 of each byte that is 0. */
static __always_inline __u64 zero_bytes(__u64 word)
{
	const __u64 low = 0x7f * EACH_BYTE;

	return ~(((word & low) + low) | word | low);
}

static __always_inline __u64 range_apply_word(const struct range *range, __u64 word)
{
	__u64 there = present_bytes(word);
	__u64 whole;

	/* After attaching late, pages not seen yet may well be there. */
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
	case RANGE_FRESH:
		return word | zero_bytes(word) >> 4;
	default:
		return 0;
	}
}

/*
 * The functions that are neither static nor inline are verified once, by themselves, whoever calls them:
 * inline, their loops would make the verifier give up.
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

/* Whole words. */
__noinline int range_apply_words(const struct range *range, struct tax_chunk *chunk, __u32 first,
				 __u32 count)
{
	if (!range || !chunk)
		return 0;
	for (__u32 i = 0; i < TAX_CHUNK_WORDS; i++) {
		__u32 index = first + i;

		if (i >= count)
			break;
		index &= TAX_CHUNK_WORDS - 1;
		chunk->words[index] = range_apply_word(range, chunk->words[index]);
	}
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
	if (range->action == RANGE_PURGE || range->action == RANGE_FORGET)
		chunk->fill = CHUNK_EMPTY;
	else if (range->action == RANGE_POPULATE)
		chunk->fill = CHUNK_FILLING;
}

struct candidate {
	__u64 start;
	__u64 end;
	bool may_be_huge;
};

static long check_mapping(struct task_struct *task, struct vm_area_struct *area,
			  struct candidate *candidate)
{
	if (area->vm_start > candidate->start || area->vm_end < candidate->end || area->vm_file ||
	    area->vm_flags & VM_NOHUGEPAGE)
		return 0;
	candidate->may_be_huge = huge_mode == 2 || area->vm_flags & VM_HUGEPAGE;
	return 0;
}

/* Whether a fault at the address, of an empty chunk, brings a huge page. -EBUSY where it cannot be told. */
static __noinline int maybe_huge(struct tax_chunk *chunk, __u64 address)
{
	struct candidate candidate = {};
	long r;

	candidate.start = address >> page_shift;
	candidate.start &= ~(TAX_CHUNK_PAGES - 1ull);
	candidate.end = (candidate.start + TAX_CHUNK_PAGES) << page_shift;
	candidate.start <<= page_shift;
	r = bpf_find_vma(bpf_get_current_task_btf(), address, check_mapping, &candidate, 0);
	if (r == -EBUSY)
		return r;
	if (!candidate.may_be_huge || !chunk)
		return 0;
	for (int i = 0; i < TAX_CHUNK_WORDS; i++)
		chunk->words[i] |= TAX_PAGE_HUGE * EACH_BYTE;
	return 1;
}

static __noinline int not_huge(struct tax_chunk *chunk)
{
	if (!chunk)
		return 0;
	for (int i = 0; i < TAX_CHUNK_WORDS; i++)
		chunk->words[i] &= ~(TAX_PAGE_HUGE * EACH_BYTE);
	return 0;
}

/*
 * The first fault of an empty chunk. While another thread changes the mappings they cannot be looked at: then
 * the next fault shows that it was no huge page, or the purge looks again.
 */
static __always_inline bool chunk_fill(struct tax_chunk *chunk, __u32 space_id, __u64 address)
{
	bool first = chunk->fill == CHUNK_EMPTY;
	struct tax_space *space;
	int huge;

	chunk->fill = CHUNK_FILLING;
	if (!huge_mode || !first)
		return false;
	space = bpf_map_lookup_elem(&spaces, &space_id);
	if (!space || !space->huge)
		return false;
	huge = maybe_huge(chunk, address);
	if (huge < 0)
		chunk->fill = CHUNK_UNSURE;
	return huge > 0;
}

/* Before what happens to a chunk depends on it. */
static __always_inline void chunk_settle(struct tax_chunk *chunk, __u64 number)
{
	if (!huge_mode || chunk->fill != CHUNK_UNSURE)
		return;
	chunk->fill = CHUNK_FILLING;
	if (maybe_huge(chunk, number * TAX_CHUNK_PAGES << page_shift) < 0)
		lose(&losses.huge);
}

static __noinline struct tax_chunk *chunk_new(struct tax_chunk_key *key)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &key->space);
	__u32 zero = 0;
	void *blank = bpf_map_lookup_elem(&blank_chunk, &zero);
	struct tax_chunk *chunk;

	if (!space || !blank)
		return NULL;

	long r = bpf_map_update_elem(&chunks, key, blank, BPF_NOEXIST);
	chunk = bpf_map_lookup_elem(&chunks, key);
	if (!chunk) {
		lose(&losses.chunks);
		return NULL;
	}
	if (r == 0) {
		chunk->next = __sync_lock_test_and_set(&space->head, key->number + 1);
		__sync_fetch_and_add(&space->count, 1);
	}
	return chunk;
}

static __always_inline struct tax_chunk *chunk_get(__u32 space, __u64 number)
{
	struct tax_chunk_key key = { .number = number, .space = space };
	struct tax_chunk *chunk = bpf_map_lookup_elem(&chunks, &key);

	return chunk ? chunk : chunk_new(&key);
}

static __always_inline void range_apply_chunk(const struct range *range, struct tax_chunk *chunk,
					      __u64 number)
{
	__u64 base = number * TAX_CHUNK_PAGES;
	__u64 first = range->first > base ? range->first - base : 0;
	__u64 last = range->last - base < TAX_CHUNK_PAGES ? range->last - base
							  : TAX_CHUNK_PAGES - 1;

	chunk_settle(chunk, number);
	range_apply(range, chunk, first, last);
}

/* What makes states where there were none needs chunks. */
static __always_inline bool range_makes_chunks(const struct range *range)
{
	return range->action == RANGE_POPULATE || range->action == RANGE_FRESH ||
	       (range->late && range->action != RANGE_FORGET);
}

static long range_chunk(__u32 index, struct range *range)
{
	struct tax_chunk_key key = {
		.number = range->first / TAX_CHUNK_PAGES + index,
		.space = range->space,
	};
	struct tax_chunk *chunk = bpf_map_lookup_elem(&chunks, &key);

	if (!chunk && range_makes_chunks(range))
		chunk = chunk_new(&key);
	if (chunk)
		range_apply_chunk(range, chunk, key.number);
	return 0;
}

static long range_listed_chunk(__u32 index, struct range *range)
{
	struct tax_chunk_key key = { .number = range->next - 1, .space = range->space };
	struct tax_chunk *chunk;

	if (!range->next)
		return 1;
	chunk = bpf_map_lookup_elem(&chunks, &key);
	if (!chunk)
		return 1;
	range->next = chunk->next;
	if (key.number >= range->first / TAX_CHUNK_PAGES &&
	    key.number <= range->last / TAX_CHUNK_PAGES)
		range_apply_chunk(range, chunk, key.number);
	return 0;
}

/* Takes the shorter way: the chunks of the range, or those of the whole space. */
static __noinline int range_walk(struct range *range)
{
	__u64 wanted = range->last / TAX_CHUNK_PAGES - range->first / TAX_CHUNK_PAGES + 1;
	struct tax_space *space;

	if (wanted <= 8 || (range_makes_chunks(range) && wanted <= MAX_NEW_CHUNKS)) {
		bpf_loop(wanted, range_chunk, range, 0);
		return 0;
	}
	/* Pages of so long a new mapping stay unknown; so do those never seen of one that is purged. */
	if (range->action == RANGE_POPULATE)
		lose(&losses.ranges);
	space = bpf_map_lookup_elem(&spaces, &range->space);
	if (!space)
		return 0;
	if (wanted <= space->count) {
		bpf_loop(wanted, range_chunk, range, 0);
		return 0;
	}
	range->next = space->head;
	if (bpf_loop(MAX_WALK_CHUNKS, range_listed_chunk, range, 0) == MAX_WALK_CHUNKS)
		lose(&losses.ranges);
	return 0;
}

/*
 * All pages that lie, if only in a part, in the bytes from address on. how: RANGE_HOW(). A range of pages
 * that wraps around, which no call accepts, is empty.
 */
#define RANGE_HOW(action, cause, late) ((action) | (cause) << 8 | (__u32)(late) << 16)
__noinline int range_change(__u32 space, __u32 how, __u64 address, __u64 bytes)
{
	struct range range = {
		.first = address >> page_shift,
		.last = (address + bytes - 1) >> page_shift,
		.space = space,
		.action = how & 0xff,
		.cause = how >> 8 & 0xff,
		.late = how >> 16 & 1,
	};

	if (!track_pages || !bytes || range.last < range.first)
		return 0;
	if (range.first / TAX_CHUNK_PAGES == range.last / TAX_CHUNK_PAGES)
		range_chunk(0, &range);
	else
		range_walk(&range);
	return 0;
}

/* mremap moved pages: their states move with them. */
struct move {
	__u64 from; /* page numbers */
	__u64 to;
	__u64 count;
	__u32 space;
};

/* Pages of which the source has no chunk were never touched. */
__noinline int copy_states(struct tax_chunk *to, __u32 first, struct tax_chunk *from,
			   __u32 from_first, __u32 count)
{
	if (!to)
		return 0;
	for (__u32 i = 0; i < TAX_CHUNK_PAGES; i++) {
		if (i >= count)
			break;
		to->pages[(first + i) & (TAX_CHUNK_PAGES - 1)] =
			from ? from->pages[(from_first + i) & (TAX_CHUNK_PAGES - 1)] : 0;
	}
	return 0;
}

static long move_chunk(__u32 index, struct move *move)
{
	__u64 number = move->to / TAX_CHUNK_PAGES + index;
	__u64 base = number * TAX_CHUNK_PAGES;
	__u64 first = move->to > base ? move->to : base;
	__u64 end = move->to + move->count < base + TAX_CHUNK_PAGES ? move->to + move->count
								    : base + TAX_CHUNK_PAGES;
	__u64 from = move->from + (first - move->to);
	struct tax_chunk_key low = { .number = from / TAX_CHUNK_PAGES, .space = move->space };
	struct tax_chunk_key high = { .number = low.number + 1, .space = move->space };
	struct tax_chunk *a = bpf_map_lookup_elem(&chunks, &low);
	struct tax_chunk *b = bpf_map_lookup_elem(&chunks, &high);
	struct tax_chunk *chunk = NULL;

	/* One after the other: the verifier forbids what the compiler makes of "a || b". */
	if (a)
		chunk = chunk_get(move->space, number);
	else if (b)
		chunk = chunk_get(move->space, number);
	if (!chunk)
		return 0;
	/* The source may lie in two chunks. */
	__u64 split = (low.number + 1) * TAX_CHUNK_PAGES - from;
	__u32 count = end - first;
	__u32 head = count < split ? count : split;

	copy_states(chunk, first, a, from, head);
	copy_states(chunk, first + head, b, 0, count - head);
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

/* The chunks of a space, one after the other: for a fork, and for its end. */
struct walk {
	__u64 next;
	__u32 space;
	__u32 child;
};

static long copy_chunk(__u32 index, struct walk *walk)
{
	struct tax_chunk_key key = { .number = walk->next - 1, .space = walk->space };
	struct tax_chunk *chunk;

	if (!walk->next)
		return 1;
	chunk = bpf_map_lookup_elem(&chunks, &key);
	if (!chunk)
		return 1;
	for (int i = 0; i < TAX_CHUNK_WORDS; i++)
		chunk->words[i] |= present_bytes(chunk->words[i]) >> 2;
	walk->next = chunk->next;
	key.space = walk->child;
	/* The links are numbers, so that they hold in the copy as well. */
	if (bpf_map_update_elem(&chunks, &key, chunk, BPF_ANY))
		lose(&losses.chunks);
	return 0;
}

static long free_chunk(__u32 index, struct walk *walk)
{
	struct tax_chunk_key key = { .number = walk->next - 1, .space = walk->space };
	struct tax_chunk *chunk;

	if (!walk->next)
		return 1;
	chunk = bpf_map_lookup_elem(&chunks, &key);
	if (!chunk)
		return 1;
	walk->next = chunk->next;
	bpf_map_delete_elem(&chunks, &key);
	return 0;
}

/* late: mappings may have been made for huge pages before we came. */
static __noinline __u32 space_new(bool late)
{
	struct tax_space space = { .huge = huge_mode == 2 || late };
	__u32 id = __sync_fetch_and_add(&next_space, 1);

	if (bpf_map_update_elem(&spaces, &id, &space, BPF_ANY))
		lose(&losses.processes);
	return id;
}

/* After a fork: the child has the same pages, and both share them until one writes. */
static __noinline __u32 space_fork(__u32 parent)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &parent);
	struct walk walk = { .space = parent };
	struct tax_space *child;

	walk.child = space_new(false);
	child = bpf_map_lookup_elem(&spaces, &walk.child);
	if (!track_pages || !space || !child)
		return walk.child;
	child->head = walk.next = space->head;
	child->count = space->count;
	child->huge = space->huge;
	bpf_loop(MAX_WALK_CHUNKS, copy_chunk, &walk, 0);
	return walk.child;
}

static __noinline int space_expect_huge(__u32 id)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &id);

	if (space)
		space->huge = 1;
	return 0;
}

static __noinline int space_free(__u32 id)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &id);
	struct walk walk = { .space = id };

	if (!space)
		return 0;
	walk.next = space->head;
	if (track_pages)
		bpf_loop(MAX_WALK_CHUNKS, free_chunk, &walk, 0);
	bpf_map_delete_elem(&spaces, &id);
	return 0;
}

#endif
