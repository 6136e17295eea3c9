// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf/tax: the programs that count the kernel tax.
 *
 *   tasks.bpf.h   the watched tasks: fork, exec, exit
 *   chunks.bpf.h  the state of every page
 *   spaces.bpf.h  the address spaces
 *   ranges.bpf.h  state changes of ranges of pages
 *   calls.bpf.h   memory system calls
 *   hooks.bpf.h   where they are seen
 *   faults.bpf.h  page faults
 *   here          waits for mmap_lock, TLB flushes
 *
 * The loader (probe/bpf-configure.c) leaves out programs whose hook the running kernel lacks.
 */
#include "bpf/kernel.h"
#include "bpf/calls.bpf.h"
#include "bpf/faults.bpf.h"
#include "bpf/hooks.bpf.h"

const char license_name[] SEC("license") = "Dual BSD/GPL";

/*
 * Slow waits for the program's own mmap_lock. The time that a writer spins before it sleeps is not
 * included: the kernel reports no contention then.
 */
SEC("tp_btf/contention_begin")
int BPF_PROG(on_wait_begin, void *lock, unsigned int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct tax_slot *slot;

	if (!mm || (void *)&mm->mmap_lock != lock || !counting)
		return 0;
	slot = slot_get();
	if (slot)
		slot->thread.lock_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/contention_end")
int BPF_PROG(on_wait_end, void *lock, int result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct tax_slot *slot;

	if (!mm || (void *)&mm->mmap_lock != lock)
		return 0;
	slot = slot_get();
	if (!slot || !slot->thread.lock_ns)
		return 0;
	slot->row.lock_waits++;
	slot->row.lock_wait_ns += bpf_ktime_get_ns() - slot->thread.lock_ns;
	slot->thread.lock_ns = 0;
	return 0;
}

/* On the sending and, for flushes that another CPU asked for, on the receiving side. */
SEC("tp_btf/tlb_flush")
int BPF_PROG(on_tlb_flush, int reason, unsigned long pages)
{
	struct tax_slot *slot;

	if (reason == TLB_FLUSH_ON_TASK_SWITCH || !counting)
		return 0;
	slot = slot_get();
	if (!slot)
		return 0;
	if (reason == TLB_REMOTE_SHOOTDOWN)
		slot->row.tlb_received++;
	else if (reason == TLB_REMOTE_SEND_IPI)
		slot->row.tlb_remote++;
	else if (reason == TLB_LOCAL_SHOOTDOWN || reason == TLB_LOCAL_MM_SHOOTDOWN)
		slot->row.tlb_local++;
	return 0;
}
