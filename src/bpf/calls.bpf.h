/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/calls: what memory system calls and those of locks (futex) mean for pages, counts and times. hooks.bpf.h has the
 * programs that see them.
 *
 * Pages that a call takes away are marked at its beginning: once the kernel has released them,
 * another thread may fault them back in before the call returns. A failed call is taken to have
 * worked, since madvise and munmap may fail after a part of their work.
 */
#ifndef MADVISOR_BPF_CALLS_BPF_H
#define MADVISOR_BPF_CALLS_BPF_H

#include "bpf/ranges.bpf.h"
#include "bpf/stacks.bpf.h"

/* From this many calls of a kind on a thread's times are a sample. */
#define CALLS_TIMED_ALL 512
#define CALL_WEIGHT 8

/* Without a branch, each of which would have the verifier walk all that follows twice. */
static __always_inline __u32 log2_bucket(__u64 value)
{
	__u32 bucket = 0;

	/* Beyond the last bucket: all bits. */
	value |= 0 - ((0xffffffff - value) >> 63);
	value &= 0xffffffff;
	for (__u32 step = 16; step; step /= 2) {
		__u32 shift = (((1ull << step) - 1 - value) >> 63) * step;

		value >>= shift;
		bucket += shift;
	}
	return bucket;
}

/* The weight of this call's time, which makes the sums unbiased; 0: it is not timed. */
static __always_inline __u32 call_weight(__u64 calls)
{
	if (calls <= CALLS_TIMED_ALL)
		return 1;
	return by_chance(calls, CALL_WEIGHT) ? CALL_WEIGHT : 0;
}

static __always_inline void call_begin(struct tax_slot *slot)
{
	struct tax_thread *thread = &slot->thread;
	__u32 kind = thread->call - 1;

	thread->weight = 0;
	thread->counted = counting;
	if (!thread->counted || kind >= TAX_CALLS)
		return;
	slot->row.calls[kind].bytes += thread->asked;
	if (kind == TAX_CALL_BRK && thread->begin.bytes) {
		slot->row.shrinks.calls++;
		slot->row.shrinks.bytes += thread->asked;
	}
	thread->weight = call_weight(++slot->row.calls[kind].calls);
	if (thread->weight)
		moment_now(&thread->call_begin);
}

static __always_inline void call_time(struct tax_slot *slot, __u32 kind)
{
	struct tax_histogram *histogram;
	__u32 key = kind; /* a copy: the verifier tracks no variable whose address is taken */
	__u64 ns, cpu_ns;

	moments_between(&slot->thread.call_begin, &ns, &cpu_ns);
	slot->row.calls[kind].ns += ns * slot->thread.weight;
	slot->row.calls[kind].cpu_ns += cpu_ns * slot->thread.weight;
	if (kind == TAX_CALL_BRK && slot->thread.begin.bytes)
		slot->row.shrinks.cpu_ns += cpu_ns * slot->thread.weight;
	if (kind == TAX_CALL_FUTEX)
		stack_of_lock(slot, ns - cpu_ns);
	histogram = bpf_map_lookup_elem(&histograms, &key);
	if (histogram)
		__sync_fetch_and_add(
			&histogram->buckets[log2_bucket(ns) & (TAX_HISTOGRAM_BUCKETS - 1)],
			slot->thread.weight);
}

/*
 * What a call does to pages at its beginning, from what enter_call() noted. The verifier walks a function that is neither
 * static nor inline once, with any values in the slot, instead of once for each kind of call.
 */
__noinline int pages_begin(struct tax_slot *slot)
{
	struct tax_thread *thread;

	if (!slot)
		return 0;
	thread = &slot->thread;
	stack_of_purge(slot, thread->begin.address, thread->begin.bytes);
	change(slot, thread->begin.how, thread->begin.address, thread->begin.bytes);
	return 0;
}

static __always_inline void note_purge(struct tax_thread *thread, enum tax_fault_class cause,
				       __u64 address, __u64 bytes)
{
	thread->begin.address = address;
	thread->begin.bytes = bytes;
	thread->begin.how = RANGE_HOW(RANGE_PURGE, cause);
}

static __always_inline enum tax_call_kind advice_kind(__u64 advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		return TAX_CALL_DONTNEED;
	case MADV_FREE:
		return TAX_CALL_FREE;
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_COLLAPSE:
		return TAX_CALL_HUGE;
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return TAX_CALL_POPULATE;
	default:
		return TAX_CALL_ADVICE;
	}
}

static __always_inline enum tax_call_kind enter_madvise(struct tax_thread *thread,
							const struct pt_regs *regs)
{
	enum tax_call_kind kind = advice_kind(CALL_ARG2(regs));

	thread->args[0] = CALL_ARG0(regs);
	thread->args[1] = CALL_ARG1(regs);
	if (CALL_ARG2(regs) == MADV_HUGEPAGE)
		space_expect_huge(thread->space);
	if (kind == TAX_CALL_DONTNEED || kind == TAX_CALL_FREE)
		note_purge(thread, TAX_FAULT_DONTNEED, CALL_ARG0(regs), CALL_ARG1(regs));
	if (CALL_ARG2(regs) == MADV_REMOVE)
		lose(&losses.unseen);
	if (kind == TAX_CALL_FREE)
		thread->begin.how = RANGE_HOW(RANGE_LAZY, 0);
	return kind;
}

static __always_inline enum tax_call_kind enter_mmap(struct tax_thread *thread,
						     const struct pt_regs *regs)
{
	thread->args[0] = CALL_ARG2(regs);
	thread->args[1] = CALL_ARG1(regs);
	thread->args[2] = CALL_ARG3(regs);
	/* MAP_FIXED_NOREPLACE is another bit. */
	if (CALL_ARG3(regs) & MAP_FIXED)
		note_purge(thread, TAX_FAULT_MMAP, CALL_ARG0(regs), CALL_ARG1(regs));
	return TAX_CALL_MMAP;
}

static __always_inline __u64 page_align(__u64 bytes)
{
	__u64 mask = (1ull << page_shift) - 1;

	return (bytes + mask) & ~mask;
}

static __always_inline enum tax_call_kind enter_mremap(struct tax_thread *thread,
						       const struct pt_regs *regs)
{
	__u64 former = page_align(CALL_ARG1(regs)), kept = page_align(CALL_ARG2(regs));

	thread->asked = CALL_ARG2(regs);
	thread->args[0] = CALL_ARG0(regs);
	thread->args[1] = former;
	thread->args[2] = kept;
	if (kept < former)
		note_purge(thread, TAX_FAULT_MREMAP, CALL_ARG0(regs) + kept, former - kept);
	return TAX_CALL_MREMAP;
}

/* Reads the break from the kernel: the program may have moved it by prctl since its last call. */
static __always_inline enum tax_call_kind enter_brk(struct tax_thread *thread,
						    const struct pt_regs *regs)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 wanted = CALL_ARG0(regs), now, start;

	now = BPF_CORE_READ(task, mm, brk);
	start = BPF_CORE_READ(task, mm, start_brk);
	if (wanted < start)
		wanted = now; /* a query, or invalid */
	thread->asked = wanted > now ? wanted - now : now - wanted;
	thread->args[0] = now;
	if (page_align(wanted) < page_align(now))
		note_purge(thread, TAX_FAULT_BRK, page_align(wanted),
			   page_align(now) - page_align(wanted));
	return TAX_CALL_BRK;
}

/* Brings the pages, as MADV_POPULATE does; with MLOCK_ONFAULT it brings none. */
static __always_inline enum tax_call_kind enter_mlock(struct tax_thread *thread,
						      const struct pt_regs *regs, long number)
{
	if (number == NR_mlock2 && CALL_ARG2(regs) & MLOCK_ONFAULT)
		return TAX_CALL_ADVICE;
	thread->args[0] = CALL_ARG0(regs) & ~((1ull << page_shift) - 1);
	thread->args[1] = CALL_ARG0(regs) + CALL_ARG1(regs) - thread->args[0];
	return TAX_CALL_POPULATE;
}

/* Calls that bring or take pages of which it is not known which. */
static __always_inline bool goes_unseen(const struct pt_regs *regs, long number)
{
	return number == NR_mlockall || number == NR_process_madvise ||
	       (number == NR_fallocate && CALL_ARG1(regs) & FALLOC_FL_PUNCH_HOLE);
}

/* Notes the call in the slot: what is left to be done is the same for every kind, and walked once by the verifier. */
static __always_inline void enter_call(struct tax_thread *thread, const struct pt_regs *regs,
				       long number)
{
	enum tax_call_kind kind = TAX_CALL_MPROTECT;

	thread->asked = CALL_ARG1(regs);
	thread->begin.bytes = 0;
	switch (number) {
	case NR_madvise:
		kind = enter_madvise(thread, regs);
		break;
	case NR_mmap:
		kind = enter_mmap(thread, regs);
		break;
	case NR_munmap:
		kind = TAX_CALL_MUNMAP;
		note_purge(thread, TAX_FAULT_MUNMAP, CALL_ARG0(regs), CALL_ARG1(regs));
		break;
	case NR_mremap:
		kind = enter_mremap(thread, regs);
		break;
	case NR_brk:
		kind = enter_brk(thread, regs);
		break;
	case NR_execve:
	case NR_execveat:
		thread->asked = 0;
		kind = TAX_CALL_EXEC;
		break;
	case NR_clone:
	case NR_clone3:
	case NR_fork:
	case NR_vfork:
		thread->asked = 0;
		kind = TAX_CALL_FORK;
		break;
	case NR_mlock:
	case NR_mlock2:
		kind = enter_mlock(thread, regs, number);
		break;
	case NR_futex:
		thread->asked = 0;
		kind = TAX_CALL_FUTEX;
		break;
	}
	thread->call = kind + 1;
}

static __always_inline void populated(struct tax_slot *slot, __u64 address, __u64 bytes)
{
	change(slot, RANGE_HOW(RANGE_POPULATE, 0), address, bytes);
	if (slot->thread.counted)
		slot->row.populated_pages += page_align(bytes) >> page_shift;
}

/* Whether the kernel fills in what this process maps, as mlockall(MCL_FUTURE) has asked for. */
static __always_inline bool locks_all(void)
{
	const struct task_struct *task = bpf_get_current_task_btf();

	if (!bpf_core_field_exists(struct mm_struct, def_flags))
		return false;
	return (BPF_CORE_READ(task, mm, def_flags) & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED;
}

/* Addresses that may not be used (PROT_NONE) stay empty. */
static __always_inline void mapped(struct tax_slot *slot, __u64 address)
{
	struct tax_thread *thread = &slot->thread;

	if (thread->args[0] && (thread->args[2] & (MAP_POPULATE | MAP_LOCKED) || locks_all()))
		populated(slot, address, thread->args[1]);
	else if (thread->late)
		change(slot, RANGE_HOW(RANGE_FRESH, 0), address, thread->args[1]);
}

static __always_inline void remapped(struct tax_slot *slot, __u64 to)
{
	struct tax_thread *thread = &slot->thread;
	__u64 from = thread->args[0], old_bytes = thread->args[1], bytes = thread->args[2];
	__u64 moved = old_bytes < bytes ? old_bytes : bytes;

	if (thread->late && bytes > old_bytes)
		change(slot, RANGE_HOW(RANGE_FRESH, 0), to + old_bytes, bytes - old_bytes);
	if (to == from)
		return;
	pages_move(thread->space, from, to, moved);
	/* No page is left at the old address; it keeps what pages_move() put there. */
	change(slot, RANGE_HOW(RANGE_PURGE, 0), from, moved);
	if (thread->late)
		change(slot, RANGE_HOW(RANGE_FRESH, 0), from, moved);
}

static __always_inline void call_enter(struct tax_slot *slot, const struct pt_regs *regs,
				       long number)
{
	__u64 begin_ns;

	enter_call(&slot->thread, regs, number);
	begin_ns = run_begin(slot, slot->thread.begin.bytes >> page_shift > TAX_CHUNK_PAGES);
	call_begin(slot);
	if (track_pages && slot->thread.begin.bytes)
		pages_begin(slot);
	run_end(slot, begin_ns);
}

/* What a call that succeeded did to pages. Verified once, as pages_begin() is. */
__noinline int pages_end(struct tax_slot *slot, __u32 kind, __u64 result)
{
	struct tax_thread *thread;

	if (!slot)
		return 0;
	thread = &slot->thread;
	if (kind == TAX_CALL_MMAP)
		mapped(slot, result);
	else if (kind == TAX_CALL_MREMAP)
		remapped(slot, result);
	else if (kind == TAX_CALL_POPULATE)
		populated(slot, thread->args[0], thread->args[1]);
	else if (kind == TAX_CALL_BRK && result > thread->args[0] && locks_all())
		populated(slot, page_align(thread->args[0]),
			  page_align(result) - page_align(thread->args[0]));
	else if (kind == TAX_CALL_BRK && thread->late && result > thread->args[0])
		change(slot, RANGE_HOW(RANGE_FRESH, 0), page_align(thread->args[0]),
		       page_align(result) - page_align(thread->args[0]));
	return 0;
}

/* The end of the call in progress. */
static __always_inline void call_leave(struct tax_slot *slot, __u64 result)
{
	__u32 kind = slot->thread.call - 1;
	__u64 begin_ns;

	slot->thread.call = 0;
	if (kind >= TAX_CALLS)
		return;
	begin_ns = run_begin(slot, false);
	if (slot->thread.weight)
		call_time(slot, kind);
	if (slot->thread.counted && !slot->thread.begin.bytes && kind < TAX_CALL_EXEC &&
	    result < -4095ull)
		stack_of_touch(slot, TAX_STACK_CALL + kind, kind == TAX_CALL_MMAP ? result : 0,
			       false);
	/* The kernel's error numbers are the last page of addresses. */
	if (track_pages && result < -4095ull)
		pages_end(slot, kind, result);
	run_end(slot, begin_ns);
}

#endif
