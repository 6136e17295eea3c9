/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/maps: the maps, the constants that the loader sets before loading, and the variables that it
 * reads and writes while the programs run. The loader also sets the sizes of the maps.
 */
#ifndef MADVISOR_BPF_MAPS_BPF_H
#define MADVISOR_BPF_MAPS_BPF_H

#include "bpf/kernel.h"
#include "bpf/tax.h"

const volatile __u32 page_shift = 12;
const volatile __u32 pid_namespace =
	0; /* inode of the loader's, if it is not the machine's first: its numbers are told */
const volatile bool has_loop = true;    /* the kernel has bpf_loop */
const volatile bool track_pages = true; /* false: all faults are of class UNKNOWN; needs bpf_loop */
const volatile bool time_faults = false; /* some, in windows */
const volatile __u32 fault_period = 1;   /* of small pages, one in so many there: a power of 2 */
/* The fault's error code has bit 0 set where the page was there (x86). */
const volatile bool code_tells_present = false;
/* Transparent huge pages of TAX_CHUNK_PAGES: 0 never, 1 where asked for by madvise, 2 always. */
const volatile __u32 huge_mode = 0;
const volatile __u32 budget_pct =
	15; /* of the time of a thread that forks, for its forks' copies; 0: any */
const volatile __u32 slot_count = 1;
const volatile __u32 chunk_count = 1;
const volatile bool has_stacks = false;    /* the kernel can take stacks */
const volatile bool at_functions = false;  /* memory calls are seen there: see hooks.bpf.h */
const volatile bool find_mappings = false; /* the kernel has bpf_find_vma */

/* Written by the loader at any time. */
volatile __u32 counting = 0;
volatile bool take_stacks = false; /* of purges and refaults */
volatile __u32 fault_weight = 0;   /* of the faults that are timed now; 0: faults are not timed */

/* Raised whenever a process that runs already begins to be watched. */
volatile __u32 epoch = 1;

/* Written by the programs. 0 is reserved: it stands for a missing slot, space or chunk. */
__u32 next_slot = 1;
__u32 next_space = 1;
__u32 next_chunk = 1;
__u32 stacks_taken = 0;
__u32 touches_taken = 0; /* stacks of other faults and of calls that take no page away */
__u32 locks_taken = 0;   /* of calls of futex */
struct tax_losses losses = {};
struct tax_audit audit = {};
volatile struct tax_calibration calibration = {}; /* .tid is the loader's, the rest the programs' */
struct tax_window window = {};                    /* emptied by the loader while none is open */

/*
 * The slot of a thread, by its tid. Task storage would lose threads: the kernel refuses to create
 * one on a CPU where a program was preempted while using another.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} threads SEC(".maps");

/* Array look-ups are inlined, hash look-ups call a helper: each CPU caches the slot it looked up last. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tax_cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tax_slot);
} slots SEC(".maps");

/* Slots of ended threads, the first to end first. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__uint(value_size, sizeof(__u32));
} free_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TAX_CALLS);
	__type(key, __u32);
	__type(value, struct tax_histogram);
} histograms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tax_process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tax_space);
} spaces SEC(".maps");

/* The index in chunks of a space's chunk. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tax_chunk_key);
	__type(value, __u32);
} chunk_indices SEC(".maps");

/*
 * The chunks by their indices: a hash, whose entries take memory from their first use on, where the kernel can allocate in
 * any program (BPF_F_NO_PREALLOC with struct bpf_mem_alloc, Linux 6.1). A chunk is used again, never deleted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tax_chunk);
} chunks SEC(".maps");

/* What a chunk begins with. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tax_chunk);
} blank SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__uint(value_size, sizeof(__u32));
} free_chunks SEC(".maps");

/* Too large for the stack of a program. */
struct stack_desk {
	__u32 busy;
	__u32 unused;
	struct tax_stack stack;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_desk);
} stack_desks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1);
} stacks SEC(".maps");

static __always_inline void count_one(__u64 *count)
{
	__sync_fetch_and_add(count, 1);
}

static __always_inline void lose(__u64 *loss)
{
	count_one(loss);
}

/* True for one in `of` numbers (a power of 2), evenly spread over any periodic sequence. */
static __always_inline bool by_chance(__u32 number, __u32 of)
{
	/* Knuth's multiplicative hash: the high bits are well mixed. */
	return (number * 2654435761u >> 16 & (of - 1)) == 0;
}

#endif
