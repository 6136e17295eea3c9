/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/chunks: the state of every page that a program touched, a byte each, in chunks of 512; the address spaces
 * that they are of.
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

/* Whether a fault at the address, of an empty chunk, brings a huge page. -EBUSY where it cannot be told. */
__noinline int maybe_huge(struct tax_chunk *chunk, __u64 address)
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
		__sync_fetch_and_or(&chunk->words[i], TAX_PAGE_HUGE * EACH_BYTE);
	return 1;
}

__noinline int not_huge(struct tax_chunk *chunk)
{
	if (!chunk)
		return 0;
	for (int i = 0; i < TAX_CHUNK_WORDS; i++)
		__sync_fetch_and_and(&chunk->words[i], ~(TAX_PAGE_HUGE * EACH_BYTE));
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

/* Takes a free chunk for the space. All its pages are 0, and it is in no list yet. NULL: none is free. */
static __noinline struct tax_chunk *chunk_take(__u32 space_id, __u32 *ret_index)
{
	struct tax_chunk *chunk;
	__u32 index = next_chunk;

	/* Stays as it is once the array is full, so that it cannot wrap. */
	if (index < chunk_count)
		index = __sync_fetch_and_add(&next_chunk, 1);
	if (index >= chunk_count && bpf_map_pop_elem(&free_chunks, &index))
		return NULL;
	chunk = chunk_at(index);
	if (!chunk)
		return NULL;
	for (int i = 0; i < TAX_CHUNK_WORDS; i++)
		chunk->words[i] = 0;
	chunk->fill = CHUNK_EMPTY;
	chunk->next = 0;
	chunk->space = space_id;
	count_one(&audit.taken);
	*ret_index = index;
	return chunk;
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
static __noinline __u32 chunk_new(__u32 space_id, __u64 number)
{
	struct tax_chunk_key key = { .number = number, .space = space_id };
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &space_id);
	struct tax_chunk *chunk;
	__u32 index = 0, *other;

	if (!space)
		return 0;
	chunk = chunk_take(space_id, &index);
	if (!chunk) {
		lose(&losses.chunks);
		return 0;
	}
	chunk->number = number;
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

/* The same, cached by the thread: chunks keep their place as long as their space lives. */
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
		/* The space of an exiting thread may have been freed, and the chunk taken by another space. */
		if (chunk && chunk->space == thread->space)
			return chunk;
	}
	index = chunk_search(thread, number, make);
	return index ? chunk_at(index) : NULL;
}

/* late: mappings may have been made for huge pages before attaching. */
static __noinline __u32 space_new(bool late)
{
	struct tax_space space = { .huge = huge_mode == 2 || late };
	__u32 id = __sync_fetch_and_add(&next_space, 1);

	if (bpf_map_update_elem(&spaces, &id, &space, BPF_ANY))
		lose(&losses.processes);
	return id;
}

static __always_inline void space_expect_huge(__u32 id)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &id);

	if (space)
		space->huge = 1;
}

/* The chunks of a space, one after the other: for a fork, and for its end. */
struct chunk_walk {
	__u32 next;
	__u32 space;
	__u32 child;
};

/*
 * Marks the present pages of the word as shared and returns the marked word. Other threads of the parent may change the
 * word at the same time.
 */
static __always_inline __u64 share_word(__u64 *word)
{
	__u64 old = *(volatile __u64 *)word, shared = old;

	for (int i = 0; i < SHARE_TRIES; i++) {
		__u64 seen;

		shared = old | present_bytes(old) >> 2;
		if (shared == old)
			return old;
		seen = __sync_val_compare_and_swap(word, old, shared);
		if (seen == old)
			return shared;
		old = seen;
	}
	/* The mark has no effect on a page that was taken away meanwhile. */
	__sync_fetch_and_or(word, present_bytes(old) >> 2);
	return shared;
}

struct sharing {
	struct tax_chunk *parents;
	struct tax_chunk *childs;
};

static long share_next_word(__u32 index, struct sharing *sharing)
{
	index &= TAX_CHUNK_WORDS - 1;
	sharing->childs->words[index] = share_word(&sharing->parents->words[index]);
	return 0;
}

static long copy_chunk(__u32 unused, struct chunk_walk *walk)
{
	struct tax_chunk_key key = { .space = walk->child };
	struct tax_space *child = bpf_map_lookup_elem(&spaces, &walk->child);
	struct sharing sharing = { .parents = chunk_listed(walk->next, walk->space) };
	__u32 index = 0;

	if (!sharing.parents || !child)
		return 1;
	walk->next = sharing.parents->next;
	sharing.childs = chunk_take(walk->child, &index);
	if (!sharing.childs) {
		lose(&losses.chunks);
		return 0;
	}
	bpf_loop(TAX_CHUNK_WORDS, share_next_word, &sharing, 0);
	sharing.childs->number = key.number = sharing.parents->number;
	sharing.childs->fill = sharing.parents->fill;
	if (bpf_map_update_elem(&chunk_indices, &key, &index, BPF_ANY)) {
		lose(&losses.chunks);
		chunk_free(sharing.childs, index, walk->child);
		return 0;
	}
	/* The child does not run yet. */
	sharing.childs->next = child->head;
	child->head = index;
	child->count++;
	return 0;
}

/* After a fork: the child has the same pages, and both share them until one writes. */
static __noinline __u32 space_fork(__u32 parent)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &parent);
	struct chunk_walk walk = { .space = parent };
	struct tax_space *child;

	walk.child = space_new(false);
	child = bpf_map_lookup_elem(&spaces, &walk.child);
	if (!track_pages || !space || !child)
		return walk.child;
	child->huge = space->huge;
	walk.next = space->head;
	bpf_loop(MAX_WALK_CHUNKS, copy_chunk, &walk, 0);
	return walk.child;
}

static long free_chunk(__u32 unused, struct chunk_walk *walk)
{
	struct tax_chunk_key key = { .space = walk->space };
	__u32 index = walk->next;
	struct tax_chunk *chunk = chunk_listed(index, walk->space);

	if (!chunk)
		return 1;
	key.number = chunk->number;
	walk->next = chunk->next;
	bpf_map_delete_elem(&chunk_indices, &key);
	return !chunk_free(chunk, index, walk->space);
}

static __noinline int space_free(__u32 id)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &id);
	struct chunk_walk walk = { .space = id };

	if (!space)
		return 0;
	walk.next = space->head;
	/*
	 * First, so that no program finds it any more; of two that free it, only one succeeds here.
	 */
	if (bpf_map_delete_elem(&spaces, &id) == 0 && track_pages)
		bpf_loop(MAX_WALK_CHUNKS, free_chunk, &walk, 0);
	return 0;
}

#endif
