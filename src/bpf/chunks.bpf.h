/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/chunks: the state of every page that a program touched, a byte each, in chunks of 512.
 *
 * Huge pages: a fault that finds an empty chunk, in a mapping that covers the whole chunk and may
 * have huge pages, probably brings all 512 pages. They get TAX_PAGE_HUGE, which counts as present
 * when they are taken away. If another of them faults all the same, the pages are small: the marks
 * are removed.
 */
#ifndef MADVISOR_BPF_CHUNKS_BPF_H
#define MADVISOR_BPF_CHUNKS_BPF_H

#include "bpf/maps.bpf.h"

#define EACH_BYTE 0x0101010101010101ull
#define MAX_WALK_CHUNKS (1u << 20)
#define WALK_SLACK 1024
#define LINK_TRIES 64
#define SHARE_TRIES 8

/* How a chunk gets its pages. */
enum chunk_fill {
	CHUNK_EMPTY,   /* no page of it is there: the next fault may bring a huge one */
	CHUNK_FILLING, /* page by page, or with a huge one: its pages say so */
	CHUNK_UNSURE,  /* one fault so far, which may have brought a huge page */
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

struct chunk_word {
	struct tax_chunk *chunk;
};

static long mark_huge(__u32 index, struct chunk_word *at)
{
	__sync_fetch_and_or(&at->chunk->words[index & (TAX_CHUNK_WORDS - 1)],
			    TAX_PAGE_HUGE * EACH_BYTE);
	return 0;
}

/* Whether a fault at the address, of an empty chunk, brings a huge page. -EBUSY where it cannot be told. */
__noinline int maybe_huge(struct tax_chunk *chunk, __u64 address)
{
	struct chunk_word at = { .chunk = chunk };
	struct candidate candidate = {};
	long r;

	candidate.start = address >> page_shift;
	candidate.start &= ~(TAX_CHUNK_PAGES - 1ull);
	candidate.end = (candidate.start + TAX_CHUNK_PAGES) << page_shift;
	candidate.start <<= page_shift;
	r = bpf_find_vma(bpf_get_current_task_btf(), address, check_mapping, &candidate, 0);
	if (r == -EBUSY)
		return r;
	if (!candidate.may_be_huge || !at.chunk)
		return 0;
	bpf_loop(TAX_CHUNK_WORDS, mark_huge, &at, 0);
	return 1;
}

static long mark_small(__u32 index, struct chunk_word *at)
{
	__sync_fetch_and_and(&at->chunk->words[index & (TAX_CHUNK_WORDS - 1)],
			     ~(TAX_PAGE_HUGE * EACH_BYTE));
	return 0;
}

__noinline int not_huge(struct tax_chunk *chunk)
{
	struct chunk_word at = { .chunk = chunk };

	if (chunk)
		bpf_loop(TAX_CHUNK_WORDS, mark_small, &at, 0);
	return 0;
}

/*
 * The first fault of an empty chunk. The mappings cannot be read while another thread changes them:
 * then a further fault shows that the pages are small, or the purge looks again.
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

/* Decides an unsure chunk, before its state is used. */
static __always_inline void chunk_settle(struct tax_chunk *chunk, __u64 number)
{
	if (!huge_mode || chunk->fill != CHUNK_UNSURE)
		return;
	chunk->fill = CHUNK_FILLING;
	if (maybe_huge(chunk, number * TAX_CHUNK_PAGES << page_shift) < 0)
		lose(&losses.huge);
}

static __always_inline struct tax_chunk *chunk_at(__u32 index)
{
	return bpf_map_lookup_elem(&chunks, &index);
}

/* An unused chunk for the space, all of its pages 0; NULL: there is no memory for it. */
static __noinline struct tax_chunk *chunk_add(__u32 index)
{
	__u32 zero = 0;
	struct tax_chunk *empty = bpf_map_lookup_elem(&blank, &zero);

	if (!empty || bpf_map_update_elem(&chunks, &index, empty, BPF_NOEXIST)) {
		bpf_map_push_elem(&free_chunks, &index, 0);
		return NULL;
	}
	return chunk_at(index);
}

static long clear_word(__u32 index, struct chunk_word *at)
{
	at->chunk->words[index & (TAX_CHUNK_WORDS - 1)] = 0;
	return 0;
}

/* Takes a free chunk for the space. All its pages are 0, and it is in no list yet. NULL: none is free. */
static __noinline struct tax_chunk *chunk_take(__u32 space_id, __u32 *ret_index)
{
	struct chunk_word at;
	__u32 index = 0;

	/* Those that were used before come first, so that the table grows only when all are in use. */
	if (bpf_map_pop_elem(&free_chunks, &index)) {
		index = next_chunk;
		/* Stays as it is once the table is full, so that it cannot wrap. */
		if (index < chunk_count)
			index = __sync_fetch_and_add(&next_chunk, 1);
		if (index >= chunk_count)
			return NULL;
	}
	at.chunk = chunk_at(index);
	if (at.chunk)
		bpf_loop(TAX_CHUNK_WORDS, clear_word, &at, 0);
	else
		at.chunk = chunk_add(index);
	if (!at.chunk)
		return NULL;
	at.chunk->fill = CHUNK_EMPTY;
	at.chunk->next = 0;
	at.chunk->lost = 0;
	at.chunk->space = space_id;
	count_one(&audit.taken);
	*ret_index = index;
	return at.chunk;
}

/* Gives the chunk back if it is still the space's: of several programs at once, one succeeds. */
static __always_inline bool chunk_free(struct tax_chunk *chunk, __u32 index, __u32 space_id)
{
	if (__sync_val_compare_and_swap(&chunk->space, space_id, 0) != space_id) {
		count_one(&audit.misowned);
		lose(&losses.chunks);
		return false;
	}
	count_one(&audit.freed);
	bpf_map_push_elem(&free_chunks, &index, 0);
	return true;
}

struct link {
	struct tax_space *space;
	struct tax_chunk *chunk;
	__u32 index;
	bool done;
};

static long try_link(__u32 unused, struct link *link)
{
	__u32 head = *(volatile __u32 *)&link->space->head;

	*(volatile __u32 *)&link->chunk->next = head;
	link->done = __sync_val_compare_and_swap(&link->space->head, head, link->index) == head;
	return link->done;
}

/*
 * Puts the chunk at the head of the space's list. Its successor is set before it can be found, since a fork or a long range
 * may walk the list at the same time.
 */
static __always_inline void chunk_link(struct tax_space *space, struct tax_chunk *chunk,
				       __u32 index)
{
	struct link link = { .space = space, .chunk = chunk, .index = index };

	bpf_loop(LINK_TRIES, try_link, &link, 0);
	if (link.done)
		__sync_fetch_and_add(&space->count, 1);
	else
		lose(&losses.chunks);
}

/* The chunk of that index if it is the space's. NULL ends a walk: what follows a foreign chunk is another space's list. */
static __always_inline struct tax_chunk *chunk_listed(__u32 index, __u32 space_id)
{
	struct tax_chunk *chunk = index ? chunk_at(index) : NULL;

	if (!chunk)
		return NULL;
	if (chunk->space == space_id)
		return chunk;
	count_one(&audit.misowned);
	lose(&losses.chunks);
	return NULL;
}

/* The space's chunk of that number, created if missing; 0 if that fails. */
__noinline __u32 chunk_new(__u32 space_id, __u64 number)
{
	struct tax_chunk_key key = { .number = number, .space = space_id };
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &space_id);
	struct tax_chunk *chunk;
	__u32 index = 0, *other;

	if (!space)
		return 0;
	chunk = chunk_take(space_id, &index);
	if (!chunk) {
		space->lost = 1;
		lose(&losses.chunks);
		return 0;
	}
	chunk->number = number;
	chunk->lost = space->lost;
	if (bpf_map_update_elem(&chunk_indices, &key, &index, BPF_NOEXIST) == 0) {
		chunk_link(space, chunk, index);
		return index;
	}
	/* Another thread added it first. */
	chunk_free(chunk, index, space_id);
	other = bpf_map_lookup_elem(&chunk_indices, &key);
	if (!other) {
		lose(&losses.chunks);
		return 0;
	}
	return *other;
}

static __always_inline struct tax_chunk *chunk_find(__u32 space, __u64 number, bool make)
{
	struct tax_chunk_key key = { .number = number, .space = space };
	__u32 *known = bpf_map_lookup_elem(&chunk_indices, &key);
	__u32 index = known ? *known : make ? chunk_new(space, number) : 0;

	return index ? chunk_at(index) : NULL;
}

/* The same, cached by the thread: chunks keep their place until their space is freed or emptied. */
static __noinline __u32 chunk_search(struct tax_thread *thread, __u64 number, bool make)
{
	struct tax_chunk_key key = { .number = number, .space = thread->space };
	__u32 *known = bpf_map_lookup_elem(&chunk_indices, &key);
	__u32 index = known ? *known : make ? chunk_new(thread->space, number) : 0;

	if (index) {
		thread->cache[number & (TAX_THREAD_CACHE - 1)].number = number;
		thread->cache[number & (TAX_THREAD_CACHE - 1)].index = index;
	}
	return index;
}

static __always_inline struct tax_chunk *chunk_of(struct tax_thread *thread, __u64 number,
						  bool make)
{
	__u32 index = thread->cache[number & (TAX_THREAD_CACHE - 1)].index;
	struct tax_chunk *chunk;

	if (index && thread->cache[number & (TAX_THREAD_CACHE - 1)].number == number) {
		chunk = chunk_at(index);
		/* The chunk may have been freed, and taken again: for another space, or another place in this one. */
		if (chunk && chunk->space == thread->space && chunk->number == number)
			return chunk;
	}
	index = chunk_search(thread, number, make);
	return index ? chunk_at(index) : NULL;
}

#endif
