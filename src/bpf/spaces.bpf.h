/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf/spaces: the address spaces, each a list of chunks: begun, copied at a fork, ended. */
#ifndef MADVISOR_BPF_SPACES_BPF_H
#define MADVISOR_BPF_SPACES_BPF_H

#include "bpf/chunks.bpf.h"

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

/* No walk of its list takes more steps than it has chunks, and as many as may come meanwhile. */
static __always_inline __u32 walk_bound(const struct tax_space *space)
{
	__u32 count = space->count;

	return count < MAX_WALK_CHUNKS - WALK_SLACK ? count + WALK_SLACK : MAX_WALK_CHUNKS;
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
		child->lost = 1;
		lose(&losses.chunks);
		return 0;
	}
	bpf_loop(TAX_CHUNK_WORDS, share_next_word, &sharing, 0);
	sharing.childs->number = key.number = sharing.parents->number;
	sharing.childs->fill = sharing.parents->fill;
	sharing.childs->lost = sharing.parents->lost;
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

/* A fork that is not copied: the child knows nothing of its pages, and the parent not which are shared. */
__noinline __u32 space_fork_unseen(__u32 parent)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &parent);
	struct tax_space *child;
	__u32 id = space_new(false);

	child = bpf_map_lookup_elem(&spaces, &id);
	lose(&losses.forks);
	if (!space || !child)
		return id;
	space->unshared = 1;
	child->huge = space->huge;
	child->lost = 1;
	return id;
}

/* After a fork: the child has the same pages, and both share them until one writes. */
__noinline __u32 space_fork(__u32 parent)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &parent);
	struct chunk_walk walk = { .space = parent };
	struct tax_space *child;

	walk.child = space_new(false);
	child = bpf_map_lookup_elem(&spaces, &walk.child);
	if (!track_pages || !space || !child)
		return walk.child;
	child->huge = space->huge;
	child->lost = space->lost;
	child->unshared = space->unshared;
	walk.next = space->head;
	bpf_loop(walk_bound(space), copy_chunk, &walk, 0);
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

/*
 * Empties a space of which it would take too long to keep track: what becomes of its pages from now on is known again once they
 * have been touched.
 */
__noinline int space_forget(__u32 id)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &id);
	struct chunk_walk walk = { .space = id };
	__u32 bound;

	if (!space)
		return 0;
	bound = walk_bound(space);
	space->lost = 1;
	lose(&losses.forgotten);
	walk.next = __sync_lock_test_and_set(&space->head, 0);
	__sync_fetch_and_add(&space->count, -space->count);
	bpf_loop(bound, free_chunk, &walk, 0);
	return 0;
}

__noinline int space_free(__u32 id)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &id);
	struct chunk_walk walk = { .space = id };
	__u32 bound;

	if (!space)
		return 0;
	walk.next = space->head;
	bound = walk_bound(space);
	/*
	 * First, so that no program finds it any more; of two that free it, only one succeeds here.
	 */
	if (bpf_map_delete_elem(&spaces, &id) == 0 && track_pages)
		bpf_loop(bound, free_chunk, &walk, 0);
	return 0;
}

#endif
