/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/hooks: the programs that see memory system calls, in two sets, of which the loader takes one (probe/bpf-hooks.c).
 *
 * functions    at the functions of these calls, by kprobe.multi and kretprobe.multi: one program for all of them, which the
 *              verifier walks once; other calls are not touched. Preemption is off while they run. The kernel keeps a record
 *              for each call in progress, and has a limited number of them: of a call for which there is none the end is not
 *              seen. So calls of futex, in which threads wait for long, are seen by fentry and fexit, which have no such limit;
 *              of the others an end that was missed is noticed at the thread's next call, and counted as lost.
 * tracepoints  at the raw tracepoints of all system calls: while they are on, every call of every thread takes the kernel's
 *              slow path. The classic ones of each call (syscalls:sys_enter_madvise) need a tracefs, and the kernel takes
 *              70 ms to release each.
 */
#ifndef MADVISOR_BPF_HOOKS_BPF_H
#define MADVISOR_BPF_HOOKS_BPF_H

#include "bpf/calls.bpf.h"

static __always_inline bool is_memory_call(long number)
{
	switch (number) {
	case NR_madvise:
	case NR_mmap:
	case NR_munmap:
	case NR_mremap:
	case NR_brk:
	case NR_mprotect:
	case NR_execve:
	case NR_execveat:
	case NR_clone:
	case NR_clone3:
	case NR_fork:
	case NR_vfork:
	case NR_mlock:
	case NR_mlock2:
	case NR_futex:
		return true;
	default:
		return false;
	}
}

/* Threads are made by the same calls as processes; clone3's flags are the first word of its structure. */
static __always_inline bool makes_thread(const struct pt_regs *regs, long number)
{
	__u64 flags = CALL_ARG0(regs);

	if (number != NR_clone && number != NR_clone3)
		return false;
	if (number == NR_clone3 &&
	    bpf_probe_read_user(&flags, sizeof(flags), (const void *)CALL_ARG0(regs)))
		return true;
	return flags & CLONE_THREAD;
}

/* On the tracepoints it runs on every system call of the machine: the common path must be short. */
static __always_inline struct tax_slot *slot_of_call(const struct pt_regs *regs, long number)
{
	struct tax_slot *slot;

	if (!is_memory_call(number) || CALL_IS_32(regs)) {
		if (goes_unseen(regs, number) && counting && slot_get())
			lose(&losses.unseen);
		return NULL;
	}
	slot = slot_get();
	return slot && !makes_thread(regs, number) ? slot : NULL;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_call_enter, struct pt_regs *regs, long number)
{
	struct tax_slot *slot = slot_of_call(regs, number);

	if (slot)
		call_enter(slot, regs, number);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_call_exit, struct pt_regs *regs, long result)
{
	struct tax_slot *slot;

	if (!is_memory_call(CALL_NUMBER(regs)))
		return 0;
	slot = slot_get();
	if (slot && slot->thread.call)
		call_leave(slot, result);
	return 0;
}

/* The end of the thread's last call was not seen. */
static __always_inline void notice_missed_end(const struct tax_slot *slot)
{
	if (is_inside(&slot->thread))
		lose(&losses.ends);
}

static __always_inline struct pt_regs *registers_of_call(void)
{
	return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

SEC("kprobe.multi")
int on_function_enter(void *context)
{
	const struct pt_regs *regs = registers_of_call();
	long number = CALL_NUMBER(regs);
	struct tax_slot *slot = slot_of_call(regs, number);

	if (!slot)
		return 0;
	notice_missed_end(slot);
	call_enter(slot, regs, number);
	return 0;
}

/* Whether this is the end of a call whose beginning should have been seen. A thread may have been in one when it was attached to. */
static __always_inline bool should_have_begun(const struct tax_thread *thread, long number)
{
	switch (number) {
	case NR_execve:
	case NR_execveat:
	case NR_clone:
	case NR_clone3:
	case NR_fork:
	case NR_vfork:
		return false;
	default:
		return !thread->late;
	}
}

SEC("kretprobe.multi")
int on_function_exit(struct pt_regs *context)
{
	struct tax_slot *slot = slot_get();
	long number;

	if (!slot)
		return 0;
	number = CALL_NUMBER(registers_of_call());
	if (slot->thread.call)
		call_leave(slot, CALL_RESULT(context));
	else if (should_have_begun(&slot->thread, number))
		lose(&losses.ends);
	return 0;
}

SEC("fentry")
int on_lock_enter(void *context)
{
	struct tax_slot *slot = slot_find();
	__u64 begin_ns;

	if (!slot)
		return 0;
	notice_missed_end(slot);
	slot->thread.asked = 0;
	slot->thread.begin.bytes = 0;
	slot->thread.call = TAX_CALL_FUTEX + 1;
	begin_ns = run_begin(slot, false);
	call_begin(slot);
	run_end(slot, begin_ns);
	return 0;
}

SEC("fexit")
int on_lock_exit(void *context)
{
	struct tax_slot *slot = slot_find();
	__u64 begin_ns;

	if (!slot || slot->thread.call != TAX_CALL_FUTEX + 1)
		return 0;
	slot->thread.call = 0;
	begin_ns = run_begin(slot, false);
	if (slot->thread.weight)
		call_time(slot, TAX_CALL_FUTEX);
	run_end(slot, begin_ns);
	return 0;
}

#endif
