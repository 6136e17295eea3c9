/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/stacks: the user stacks of some purges, faults and calls, copied as they are: most libraries are built
 * without frame pointers, so that only user space, with their unwind tables, can walk them.
 */
#ifndef MADVISOR_BPF_STACKS_BPF_H
#define MADVISOR_BPF_STACKS_BPF_H

#include "bpf/spaces.bpf.h"
#include "bpf/tasks.bpf.h"

#define STACK_PIECE 1024
#define STACK_PIECES (TAX_STACK_BYTES / STACK_PIECE)

/*
 * Whether the stack of an event of so many pages is taken; if so, the period: the chance was pages
 * / period, or 1. The multiples of an odd number near 2^32 over the golden ratio are spread evenly
 * for any rhythm.
 */
static __always_inline __u64 stack_chosen(struct tax_slot *slot, __u64 pages, __u32 shift)
{
	__u32 number = ++slot->thread.seen_stacks * 2654435769u + slot->row.tid * 2246822519u;

	if (shift > 31)
		shift = 31;
	return ((__u64)number << shift) >> 32 < pages ? 1ull << shift : 0;
}

#define STACKS_SHIFT (*(volatile __u32 *)&stacks_taken / TAX_STACKS_A_DOUBLING)
#define TOUCHES_SHIFT (*(volatile __u32 *)&touches_taken / TAX_TOUCHES_A_DOUBLING)

/* What is known of the mapping of a page. */
struct area_facts {
	__u64 sp;
	__u64 inode;
	__u32 area;
};

static long describe_area(struct task_struct *task, struct vm_area_struct *area,
			  struct area_facts *facts)
{
	struct file *file = area->vm_file;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	facts->area = TAX_AREA_ANONYMOUS;
	if (file) {
		facts->area = TAX_AREA_FILE;
		facts->inode = BPF_CORE_READ(file, f_inode, i_ino);
	} else if (area->vm_flags & VM_SHARED) {
		facts->area = TAX_AREA_FILE;
	} else if (area->vm_flags & VM_GROWSDOWN ||
		   (area->vm_start <= facts->sp && facts->sp < area->vm_end)) {
		facts->area = TAX_AREA_STACK;
	} else if (mm && area->vm_start < BPF_CORE_READ(mm, brk) &&
		   area->vm_end > BPF_CORE_READ(mm, start_brk)) {
		facts->area = TAX_AREA_HEAP;
	}
	return 0;
}

static __always_inline void stack_area(struct tax_stack *stack, __u64 sp)
{
	struct area_facts facts = { .sp = sp };

	if (stack->address && find_mappings)
		bpf_find_vma(bpf_get_current_task_btf(), stack->address, describe_area, &facts, 0);
	stack->inode = facts.inode;
	stack->area = facts.area;
}
#define LOCKS_SHIFT (*(volatile __u32 *)&locks_taken / TAX_LOCKS_A_DOUBLING)

static long mapping_end(struct task_struct *task, struct vm_area_struct *area, __u64 *end)
{
	*end = area->vm_end;
	return 0;
}

/*
 * The address up to which the stack may be read. A read that fails inside the kernel's own fault
 * would be counted as an event missed, so there the mapping must be known.
 */
static __always_inline __u64 stack_end(__u64 sp, bool in_kernel)
{
	__u64 end = 0;

	if (find_mappings &&
	    bpf_find_vma(bpf_get_current_task_btf(), sp, mapping_end, &end, 0) == 0)
		return end;
	return in_kernel ? (sp | ((1ull << page_shift) - 1)) + 1 : ~0ull;
}

/* The first piece ends where a page may end, so that nothing is lost where the mapping does. */
__noinline __u32 stack_copy(struct tax_stack *stack, __u64 sp, __u64 end)
{
	__u32 first = STACK_PIECE - (sp & (STACK_PIECE - 1)), bytes = first;

	if (!stack || bpf_probe_read_user(stack->stack, first, (const void *)sp))
		return 0;
	for (__u32 i = 1; i < STACK_PIECES; i++) {
		__u32 at = bytes & (TAX_STACK_BYTES - 1);

		if (sp + bytes >= end || at > TAX_STACK_BYTES - STACK_PIECE)
			break;
		if (bpf_probe_read_user(stack->stack + at, STACK_PIECE, (const void *)(sp + bytes)))
			break;
		bytes += STACK_PIECE;
	}
	return bytes;
}

static __always_inline bool stack_fill(struct tax_stack *stack, const struct tax_slot *slot,
				       bool in_kernel, bool needs_stack)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u64 sp, end;

	stack->ns = bpf_ktime_get_ns();
	stack->tgid = slot->row.tgid;
	stack->tid = slot->row.tid;
	stack->area = TAX_AREA_UNKNOWN;
	if (bpf_probe_read_kernel(stack->regs, USER_REGS * sizeof(__u64), regs) ||
	    REGS_ARE_32(stack->regs))
		return false;
	sp = stack->regs[REG_SP];
	BPF_CORE_READ_STR_INTO(&stack->comm, task, group_leader, comm);
	stack_area(stack, sp);
	/* The missing page may be the stack's own, as in exec: a read of it would be one more fault inside this one. */
	if (in_kernel && !needs_stack)
		return false;
	/* Inside a fault interrupts are off, and mappings can be looked at once only: the page's is worth more. */
	if (stack->address && stack->kind >= TAX_CALLS && stack->kind < TAX_STACK_CALL)
		end = in_kernel ? (sp | ((1ull << page_shift) - 1)) + 1 : ~0ull;
	else
		end = stack_end(sp, in_kernel);
	stack->stack_bytes = stack_copy(stack, sp, end);
	return stack->stack_bytes > 0;
}

__noinline int stack_take(struct tax_slot *slot, __u32 kind, __u64 weight, __u64 address,
			  bool in_kernel)
{
	__u32 zero = 0, size;
	struct stack_desk *desk = bpf_map_lookup_elem(&stack_desks, &zero);
	/* Of other events the mapping tells much by itself: the page that holds their stack may be the one that is missing. */
	bool needs_stack = kind < TAX_CALLS || (kind >= TAX_CALLS + TAX_FAULT_DONTNEED &&
						kind <= TAX_CALLS + TAX_FAULT_MMAP);
	bool done;

	if (!desk || !slot)
		return 0;
	if (kind == TAX_CALL_FUTEX)
		__sync_fetch_and_add(&locks_taken, 1);
	else if (kind != TAX_CALL_WAIT)
		__sync_fetch_and_add(needs_stack ? &stacks_taken : &touches_taken, 1);
	/* Programs of type fentry and fexit may be interrupted by another thread. */
	if (__sync_val_compare_and_swap(&desk->busy, 0, 1)) {
		if (needs_stack)
			lose(&losses.stacks);
		return 0;
	}
	desk->stack.kind = kind;
	desk->stack.weight = weight;
	desk->stack.address = address;
	desk->stack.bytes = kind >= TAX_STACK_CALL ? slot->thread.args[1] : 0;
	desk->stack.stack_bytes = 0;
	done = stack_fill(&desk->stack, slot, in_kernel, needs_stack) || !needs_stack;
	size = desk->stack.stack_bytes;
	if (size > TAX_STACK_BYTES)
		size = TAX_STACK_BYTES;
	if ((!done || bpf_ringbuf_output(&stacks, &desk->stack,
					 __builtin_offsetof(struct tax_stack, stack) + size,
					 BPF_RB_NO_WAKEUP)) &&
	    needs_stack)
		lose(&losses.stacks);
	barrier();
	desk->busy = 0;
	return 0;
}

static __always_inline void stack_of_refault(struct tax_slot *slot, enum tax_fault_class class,
					     bool in_kernel)
{
	__u64 period;

	if (!has_stacks || !take_stacks)
		return;
	period = stack_chosen(slot, 1, STACKS_SHIFT);
	if (period)
		stack_take(slot, TAX_CALLS + class, period, 0, in_kernel);
}

/* Of a fault that is no refault, with the mapping of its page; of a call that takes no page away, with what it mapped. */
static __always_inline void stack_of_touch(struct tax_slot *slot, __u32 kind, __u64 address,
					   bool in_kernel)
{
	__u64 period;

	if (!has_stacks || !take_stacks)
		return;
	period = stack_chosen(slot, 1, TOUCHES_SHIFT);
	if (period)
		stack_take(slot, kind, period, address, in_kernel);
}

/* Of a call of futex that was timed: once for the calls that it stands for, and again for the time that they waited. */
__noinline int stack_of_lock(struct tax_slot *slot, __u64 wait_ns)
{
	__u64 period;

	if (!slot || !has_stacks || !take_stacks)
		return 0;
	period = stack_chosen(slot, 1, LOCKS_SHIFT) * slot->thread.weight;
	if (!period)
		return 0;
	stack_take(slot, TAX_CALL_FUTEX, period, 0, false);
	if (wait_ns >= 1000)
		stack_take(slot, TAX_CALL_WAIT, wait_ns / 1000 * period, 0, false);
	return 0;
}

/* The count of present pages in a range. */
struct presence {
	__u64 first; /* page numbers */
	__u64 last;
	__u64 pages;
	__u32 space;
	__u32 next; /* of the list of chunks */
	bool late;
};

/* Pages first to last of a chunk. */
struct present {
	const struct tax_chunk *chunk;
	__u32 first;
	__u32 last;
	__u32 pages;
	bool late;
};

static long add_present(__u32 index, struct present *present)
{
	__u32 i = (present->first / 8 + index) & (TAX_CHUNK_WORDS - 1);
	__u64 word = present->chunk->words[i], there = present_bytes(word);

	/* After attaching late, pages not seen yet may be present. */
	if (present->late)
		there |= zero_bytes(word);
	if (i == present->first / 8)
		there &= ~0ull << present->first % 8 * 8;
	if (i == present->last / 8)
		there &= ~0ull >> (7 - present->last % 8) * 8;
	there = (there >> 7 & EACH_BYTE) * EACH_BYTE;
	present->pages += there >> 56;
	return 0;
}

__noinline int chunk_presence(const struct tax_chunk *chunk, __u32 first, __u32 last, bool late)
{
	struct present present = { .chunk = chunk, .first = first, .last = last, .late = late };

	if (!chunk)
		return 0;
	bpf_loop(last / 8 - first / 8 + 1, add_present, &present, 0);
	return present.pages;
}

__noinline int presence_add(struct presence *presence, const struct tax_chunk *chunk, __u64 number)
{
	__u64 base = number * TAX_CHUNK_PAGES, first, last;

	if (!presence || !chunk)
		return 0;
	first = presence->first > base ? presence->first - base : 0;
	last = presence->last - base < TAX_CHUNK_PAGES ? presence->last - base
						       : TAX_CHUNK_PAGES - 1;
	if (presence->late)
		presence->pages -= last - first + 1;
	presence->pages += chunk_presence(chunk, first, last, presence->late);
	return 0;
}

static long presence_of_chunk(__u32 index, struct presence *presence)
{
	__u64 number = presence->first / TAX_CHUNK_PAGES + index;
	struct tax_chunk *chunk = chunk_find(presence->space, number, false);

	if (chunk)
		presence_add(presence, chunk, number);
	return 0;
}

static long presence_listed_chunk(__u32 unused, struct presence *presence)
{
	struct tax_chunk *chunk = chunk_listed(presence->next, presence->space);
	__u64 number;

	if (!chunk)
		return 1;
	presence->next = chunk->next;
	number = chunk->number;
	if (number >= presence->first / TAX_CHUNK_PAGES &&
	    number <= presence->last / TAX_CHUNK_PAGES)
		presence_add(presence, chunk, number);
	return 0;
}

/* Takes the shorter way, as range_walk() does. */
static __noinline int presence_walk(struct presence *presence)
{
	__u64 wanted = presence->last / TAX_CHUNK_PAGES - presence->first / TAX_CHUNK_PAGES + 1;
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &presence->space);

	if (!space)
		return 0;
	/* After attaching late, pages without a chunk may be present. */
	if (presence->late)
		presence->pages = presence->last - presence->first + 1;
	if (wanted <= 8 || wanted <= space->count) {
		bpf_loop(wanted, presence_of_chunk, presence, 0);
		return 0;
	}
	presence->next = space->head;
	bpf_loop(walk_bound(space), presence_listed_chunk, presence, 0);
	return 0;
}

/* Called before the range is marked as purged. Pages that were never touched are not counted. */
__noinline int stack_purge_take(struct tax_slot *slot, __u64 first, __u64 last)
{
	struct presence presence = { .first = first, .last = last };
	__u64 asked = last - first + 1, period;

	if (!slot)
		return 0;
	period = stack_chosen(slot, asked, STACKS_SHIFT);
	if (!period)
		return 0;
	presence.space = slot->thread.space;
	presence.late = slot->thread.late;
	presence_walk(&presence);
	if (presence.pages)
		stack_take(slot, slot->thread.call - 1,
			   asked < period ? presence.pages * period / asked : presence.pages,
			   first << page_shift, false);
	return 0;
}

/* Of the call in progress. */
static __always_inline void stack_of_purge(struct tax_slot *slot, __u64 address, __u64 bytes)
{
	__u64 first = address >> page_shift, last = (address + bytes - 1) >> page_shift;

	if (has_stacks && take_stacks && slot->thread.counted && bytes && first <= last)
		stack_purge_take(slot, first, last);
}

#endif
