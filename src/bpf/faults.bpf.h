/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf/faults: each page fault into its class, and the time of some. */
#ifndef MADVISOR_BPF_FAULTS_BPF_H
#define MADVISOR_BPF_FAULTS_BPF_H

#include "bpf/calls.bpf.h"

/* Of the error code of x86 (arch/x86/include/asm/trap_pf.h): the page was there; the access was a write. */
#define FAULT_PRESENT 1
#define FAULT_WRITE 2

#define MAX_SQUARED_NS (1u << 26) /* so that the sum of a million does not overflow */

/* Whether a page without the mark may be shared all the same. */
static __noinline bool space_is_unshared(__u32 id)
{
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &id);

	return space && space->unshared;
}

/* Of a page of whose past the chunk knows nothing. */
static __always_inline enum tax_fault_class classify_unseen(const struct tax_thread *thread,
							    const struct tax_chunk *chunk)
{
	if (chunk->lost)
		return TAX_FAULT_LOST;
	return thread->late ? TAX_FAULT_UNKNOWN : TAX_FAULT_FIRST;
}

static __always_inline enum tax_fault_class
classify_absent(const struct tax_thread *thread, const struct tax_chunk *chunk, __u32 state)
{
	if (state & TAX_PAGE_CAUSE)
		return state & TAX_PAGE_CAUSE;
	return state & TAX_PAGE_FRESH ? TAX_FAULT_FIRST : classify_unseen(thread, chunk);
}

static __always_inline enum tax_fault_class
classify(struct tax_thread *thread, struct tax_chunk *chunk, __u32 state, __u64 code)
{
	bool shared = state & TAX_PAGE_SHARED;

	if (code_tells_present && code & FAULT_PRESENT) {
		if (shared)
			return TAX_FAULT_COW;
		if (state == 0 && chunk->lost)
			return TAX_FAULT_LOST;
		/* A page that was there before madvisor looked, and cannot be written: it is shared since a fork. */
		if (state == 0 && thread->late && code & FAULT_WRITE)
			return TAX_FAULT_COW;
		if (state == 0 && thread->late)
			return TAX_FAULT_UNKNOWN;
		return space_is_unshared(thread->space) ? TAX_FAULT_LOST : TAX_FAULT_REPEAT;
	}
	if (state & (TAX_PAGE_PRESENT | TAX_PAGE_HUGE)) {
		if (state & TAX_PAGE_LAZY)
			return TAX_FAULT_FREE;
		if (shared && !code_tells_present)
			return TAX_FAULT_COW;
		if (state & TAX_PAGE_PRESENT)
			return TAX_FAULT_REPEAT;
		not_huge(chunk);
	}
	return classify_absent(thread, chunk, state);
}

/*
 * The class of a fault, with FAULT_HUGE where it probably brings a huge page; the page's state becomes present. The verifier
 * walks what follows the call once, as it knows nothing of the result.
 */
#define FAULT_HUGE 0x100
__noinline __u32 fault_class(struct tax_thread *thread, __u64 address, __u64 code)
{
	__u64 page = address >> page_shift;
	__u32 index = page & (TAX_CHUNK_PAGES - 1);
	struct tax_chunk *chunk = thread ? chunk_of(thread, page / TAX_CHUNK_PAGES, true) : NULL;
	__u32 class;

	if (!chunk)
		return TAX_FAULT_LOST;
	class = classify(thread, chunk, chunk->pages[index], code);
	if (chunk->fill != CHUNK_FILLING && !(code & FAULT_PRESENT) &&
	    chunk_fill(chunk, thread->space, address))
		class |= FAULT_HUGE;
	chunk->pages[index] = TAX_PAGE_PRESENT;
	return class;
}

static __always_inline bool is_calibrating(void)
{
	return calibration.tid && calibration.tid == tid_there(bpf_get_current_task_btf());
}

static __always_inline void calibration_end(void)
{
	if (!is_calibrating() || !calibration.begin_ns)
		return;
	calibration.ns += bpf_ktime_get_ns() - calibration.begin_ns;
	calibration.begin_ns = 0;
	calibration.faults++;
}

static __always_inline void fault(__u64 address, __u64 code, bool in_kernel)
{
	__u32 class = TAX_FAULT_UNKNOWN;
	struct tax_slot *slot;
	__u64 begin_ns;
	bool huge;

	/* The upper half of the addresses is the kernel's, on x86-64 and arm64. */
	if ((__s64)address < 0)
		return;
	slot = slot_get();
	if (!slot) {
		if (is_calibrating())
			calibration.begin_ns = bpf_ktime_get_ns();
		return;
	}
	begin_ns = run_begin(slot, false);
	if (track_pages)
		class = fault_class(&slot->thread, address, code);
	huge = class & FAULT_HUGE;
	class &= FAULT_HUGE - 1;
	if (!counting || class >= TAX_FAULTS)
		return;
	slot->row.faults[class]++;
	slot->row.kernel_faults += in_kernel;
	slot->row.huge_faults[class] += huge;
	if (class >= TAX_FAULT_DONTNEED && class <= TAX_FAULT_MMAP)
		stack_of_refault(slot, class, in_kernel);
	else
		stack_of_touch(slot, TAX_CALLS + class, address, in_kernel);
	run_end(slot, begin_ns);
	if (time_faults) {
		slot->thread.fault_stratum = huge ? TAX_STRATUM_HUGE : class;
		slot->thread.fault_begin.ns = 0;
		/* Not the same runs as those that are timed themselves. */
		if (fault_weight && (huge || by_chance(slot->thread.runs + 1, fault_period)))
			moment_now(&slot->thread.fault_begin);
	}
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(on_user_fault, unsigned long address, struct pt_regs *regs, unsigned long code)
{
	fault(address, code, false);
	return 0;
}

/* Faults of the kernel at user addresses: it reads or writes a buffer that the program handed over. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(on_kernel_fault, unsigned long address, struct pt_regs *regs, unsigned long code)
{
	struct task_struct *task = bpf_get_current_task_btf();

	/* An attempt that may fail, such as a probe's own: the page does not come. */
	if (task->pagefault_disabled)
		return 0;
	fault(address, code, true);
	return 0;
}

/*
 * Where the kernel has no tracepoint for user faults: the software event, for each of them. It is raised
 * after the handler has found the mapping, in user and in kernel mode.
 */
SEC("perf_event")
int on_fault_event(struct event_context *context)
{
	fault(context->address, 0, !REGS_ARE_USERS(context->regs));
	return 0;
}

/*
 * The end of a minor fault: a software event, which costs every fault of the machine something while it is open: so it is open
 * in windows of time only. It is raised for each fault there, as those that bring huge pages are few and none may be left out.
 */
SEC("perf_event")
int on_minor_end(void *context)
{
	struct tax_slot *slot = slot_get();
	__u64 ns, cpu_ns, units, weight = fault_weight;
	struct tax_samples *samples;
	__u32 stratum;

	if (!slot)
		calibration_end();
	if (!slot || !slot->thread.fault_begin.ns)
		return 0;
	moments_between(&slot->thread.fault_begin, &ns, &cpu_ns);
	slot->thread.fault_begin.ns = 0;
	stratum = slot->thread.fault_stratum;
	if (stratum >= TAX_STRATA)
		return 0;
	samples = &slot->row.samples[stratum];
	units = (cpu_ns < MAX_SQUARED_NS ? cpu_ns : MAX_SQUARED_NS) >> 5;
	if (stratum != TAX_STRATUM_HUGE) {
		__sync_fetch_and_add(&window.faults, 1);
		__sync_fetch_and_add(&window.cpu_ns, cpu_ns);
	}
	samples->weights += weight;
	samples->squared_weights += weight * weight;
	samples->cpu_ns += weight * cpu_ns;
	samples->squares += weight * units * units;
	return 0;
}

/* The end of a major fault, of every one: they are few. */
SEC("perf_event")
int on_major_end(void *context)
{
	struct tax_slot *slot = slot_get();
	__u64 ns, cpu_ns;

	if (!slot || !counting)
		return 0;
	slot->row.majors++;
	if (!slot->thread.fault_begin.ns)
		return 0;
	moments_between(&slot->thread.fault_begin, &ns, &cpu_ns);
	slot->thread.fault_begin.ns = 0;
	slot->row.timed_majors++;
	slot->row.major_cpu_ns += cpu_ns;
	return 0;
}

#endif
