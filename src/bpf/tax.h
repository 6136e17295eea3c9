/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/tax: what the kernel programs and their loader share: the kernel tax of a program, counted in the
 * kernel. Fixed-width types only, the same layout on both sides.
 *
 * Everything is aggregated in the kernel: a row for each thread, histograms for each kind of call,
 * and the state of each page, one byte, in chunks of 512 pages. Events are not streamed.
 */
#ifndef MADVISOR_BPF_TAX_H
#define MADVISOR_BPF_TAX_H

#include <linux/types.h>

/* Kinds of memory system calls. madvise is several, by its advice. */
enum tax_call_kind {
	TAX_CALL_DONTNEED, /* MADV_DONTNEED, MADV_DONTNEED_LOCKED */
	TAX_CALL_FREE,     /* MADV_FREE */
	TAX_CALL_HUGE,     /* MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLLAPSE */
	TAX_CALL_POPULATE, /* MADV_POPULATE_READ, MADV_POPULATE_WRITE, mlock, mlock2 */
	TAX_CALL_ADVICE,   /* any other advice */
	TAX_CALL_MMAP,
	TAX_CALL_MUNMAP,
	TAX_CALL_MREMAP,
	TAX_CALL_BRK,
	TAX_CALL_MPROTECT,
	TAX_CALL_EXEC, /* execve, execveat */
	TAX_CALL_FORK, /* of processes: fork, vfork, clone, clone3 */
	TAX_CALL_FUTEX,
	TAX_CALL_WAIT, /* of a stack: microseconds that calls of futex waited; no call is counted as one */
	TAX_CALLS,
};

/* Why a page fault happened. Each fault is in exactly one class. */
enum tax_fault_class {
	TAX_FAULT_FIRST,    /* a page never touched before */
	TAX_FAULT_DONTNEED, /* refaults, by the call that took the page away ... */
	TAX_FAULT_FREE,     /* ... MADV_FREE, and then the kernel reclaimed it */
	TAX_FAULT_MUNMAP,
	TAX_FAULT_BRK,
	TAX_FAULT_MREMAP, /* shrunk by mremap */
	TAX_FAULT_MMAP,   /* another mapping was put over it (MAP_FIXED) */
	TAX_FAULT_COW,    /* first write after a fork, in the parent or in the child */
	TAX_FAULT_REPEAT, /* a page that is or was there: zero page written, swapped in, two threads at once */
	TAX_FAULT_UNKNOWN, /* not seen since attaching to a running process */
	TAX_FAULT_LOST,    /* the state of the page was lost: no room for it, or too much work */
	TAX_FAULTS,
};

enum {
	TAX_CHUNK_PAGES = 512,
	TAX_CHUNK_WORDS = TAX_CHUNK_PAGES / 8,
	TAX_HISTOGRAM_BUCKETS = 32, /* bucket i: 2^i <= ns < 2^(i+1); the last one is open */
	TAX_COMM_BYTES = 16,
	TAX_STACK_BYTES = 16384,
	TAX_STACK_REGS = 34, /* as many as arm64 has */
	TAX_STACKS_A_DOUBLING = 128,
	TAX_TOUCHES_A_DOUBLING = 64,
	/* Of a stack: a call that takes no page away, beside kinds of purges and of faults. */
	TAX_STACK_CALL = TAX_CALLS + TAX_FAULTS,
	TAX_STACK_KINDS = TAX_STACK_CALL + TAX_CALLS,
	TAX_LOCKS_A_DOUBLING = 64, /* of stacks of futex calls, which are sampled apart */
	TAX_ROW_REST = 0,
	TAX_THREAD_CACHE = 4,
};

/*
 * The state of a page, a byte. Without TAX_PAGE_PRESENT or TAX_PAGE_HUGE the low bits say what took it
 * away, as enum tax_fault_class, or are 0 if it was never touched.
 */
enum {
	TAX_PAGE_PRESENT = 0x80, /* touched and not taken away */
	TAX_PAGE_HUGE = 0x40,    /* came with a huge page, if it was one; see chunks.bpf.h */
	TAX_PAGE_SHARED = 0x20,  /* by fork: the next write faults */
	TAX_PAGE_LAZY = 0x10,    /* MADV_FREE: the kernel may take it any time */
	TAX_PAGE_FRESH = 0x08,   /* mapped after attaching: its first touch will be one */
	TAX_PAGE_CAUSE = 0x07,
};

struct tax_call {
	__u64 calls; /* of many calls, the times of some stand for those of all: see call_weight() */
	__u64 bytes;  /* as asked for; brk: by how much the break was to move */
	__u64 ns;     /* from begin to end */
	__u64 cpu_ns; /* without the time it waited for a lock or a CPU */
};

/*
 * Faults are timed by what they are likely to take: those of a class that bring a small page, and those that may bring a huge
 * one, which takes a hundred times longer.
 */
enum {
	TAX_STRATUM_HUGE = TAX_FAULTS,
	TAX_STRATA,
};

/* Timed minor faults, each weighted by the number of time windows that its own stands for. */
struct tax_samples {
	__u64 weights;
	__u64 squared_weights;
	__u64 cpu_ns;
	__u64 squares; /* of the CPU times, in (32 ns)^2 */
};

/* The counts of one thread, their only writer. [TAX_ROW_REST] is the sum of former ones. */
struct tax_row {
	__u32 tid; /* these two as the loader's PID namespace numbers them */
	__u32 tgid;
	char comm[TAX_COMM_BYTES];
	struct tax_call calls[TAX_CALLS];
	struct tax_call shrinks; /* of the calls of brk, those that lower the break */
	__u64 faults[TAX_FAULTS];
	__u64 kernel_faults;           /* of these: in copies to and from user memory */
	__u64 huge_faults[TAX_FAULTS]; /* of the faults of each class: may have brought a huge page */
	__u64 populated_pages; /* without a fault, by MAP_POPULATE, MAP_LOCKED, mlockall, mlock, MADV_POPULATE_* */
	struct tax_samples samples[TAX_STRATA];
	__u64 majors; /* major faults */
	__u64 timed_majors;
	__u64 major_cpu_ns;
	__u64 lock_waits; /* for mmap_lock */
	__u64 lock_wait_ns;
	__u64 observer_ns; /* that the programs took on this thread, estimated from some of their runs */
	__u64 tlb_local;    /* flushes of this CPU's TLB */
	__u64 tlb_remote;   /* flushes that interrupted other CPUs */
	__u64 tlb_received; /* flushes that interrupted this thread */
};

/* The faults of small pages that were timed since the window of time opened. */
struct tax_window {
	__u64 faults;
	__u64 cpu_ns;
};

/* Faults of the thread that measures what a fault takes outside of its two hooks. */
struct tax_calibration {
	__u32 tid; /* 0: nobody measures */
	__u32 unused;
	__u64 begin_ns;
	__u64 ns; /* between the hooks, of so many faults */
	__u64 faults;
};

struct tax_histogram {
	__u64 buckets[TAX_HISTOGRAM_BUCKETS];
};

enum { TAX_ROW_COUNTERS = (sizeof(struct tax_row) - 2 * 4 - TAX_COMM_BYTES) / 8 };

/* Counts of events that were not recorded. A value above 0 makes figures lossy. */
struct tax_losses {
	__u64 threads;   /* threads that could not be followed */
	__u64 rows;      /* former threads now in TAX_ROW_REST only: the sums are exact */
	__u64 processes; /* children that could not be followed */
	__u64 chunks;    /* faults and ranges whose chunk found no room, or was dropped */
	__u64 ranges;    /* ranges too long to be walked */
	__u64 unseen; /* calls that bring or take pages that are not known: mlockall, process_madvise, MADV_REMOVE, holes */
	__u64 huge;   /* huge pages that could not be told from small ones */
	__u64 forks;  /* whose pages were not copied, for the time that it would have taken */
	__u64 forgotten; /* spaces that were emptied, for the time that a call of so long a range would have taken */
	__u64 stacks; /* stacks that could not be copied or found no room */
	__u64 ends; /* of calls, not seen, or seen without the beginning: their times, and the pages that they brought */
};

/*
 * The book-keeping of chunks, for tests. When no process is watched any more, as many were freed as were taken. misowned: a
 * chunk was found in the list of a space, or about to be freed by a space, that does not own it; 0 unless the programs have a
 * fault.
 */
struct tax_audit {
	__u64 taken;
	__u64 freed;
	__u64 misowned;
};

/* A process, by its tgid in the loader's PID namespace. */
struct tax_process {
	__u32 space;   /* of its pages */
	__u8 late;     /* it ran before it was attached to: pages not seen are unknown */
	__u8 waiting;  /* for its exec: nothing counts until then */
	__u8 borrowed; /* the space is its parent's, after vfork */
	__u8 unused;
};

/* The pages of one address space: a list of chunks by their indices; 0 ends it. */
struct tax_space {
	__u32 head;
	__u32 count;
	__u32 huge; /* some of its mappings may have huge pages */
	__u32 lost; /* chunks of it were lost: a chunk made since knows nothing of its pages' past */
	__u32 unshared; /* a fork did not mark its pages as shared */
	__u32 unused;
};

struct tax_chunk_key {
	__u64 number; /* page number / TAX_CHUNK_PAGES */
	__u32 space;
	__u32 unused; /* 0 */
};

struct tax_chunk {
	union {
		__u8 pages[TAX_CHUNK_PAGES];
		__u64 words[TAX_CHUNK_WORDS];
	};
	__u64 number;
	__u32 space; /* the id of the space that owns it; 0: it is free */
	__u32 next;  /* of the same space; 0 ends the list */
	__u32 fill;  /* enum chunk_fill in chunks.bpf.h */
	__u32 lost; /* the former states of its pages: 0 does not mean that a page was never touched */
};

/* The mapping that a page lies in. */
enum tax_area {
	TAX_AREA_UNKNOWN,
	TAX_AREA_ANONYMOUS,
	TAX_AREA_HEAP,  /* below the program break */
	TAX_AREA_STACK, /* the first thread's, or the one that the thread ran on */
	TAX_AREA_FILE,  /* of a file, or shared memory */
	/* Told outside of the kernel: */
	TAX_AREA_CODE,   /* of a program or library */
	TAX_AREA_MAPPED, /* anonymous, and the stack is that of the call that mapped it */
	TAX_AREAS,
};

/*
 * A sampled purge, fault or call with the data to unwind its stack: the user-mode registers of the
 * thread and the memory from its stack pointer on. Cut to stack_bytes.
 *
 * One page in each period is sampled. The period doubles after every TAX_STACKS_A_DOUBLING stacks:
 * short runs are sampled fully, long ones sparsely.
 */
struct tax_stack {
	__u64 ns; /* CLOCK_MONOTONIC */
	__u64 weight; /* the number of purged or refaulted pages, calls or microseconds that it stands for */
	__u32 tgid;
	__u32 tid;
	__u32 kind; /* enum tax_call_kind; TAX_CALLS + enum tax_fault_class; TAX_STACK_CALL + enum tax_call_kind */
	__u32 stack_bytes;
	__u64 address; /* of the page or range; 0: not kept */
	__u64 bytes;   /* that a call mapped there */
	__u64 inode;   /* of the file mapped there; 0: none */
	__u32 area;    /* enum tax_area */
	__u32 unused;
	char comm[TAX_COMM_BYTES];  /* of the process */
	__u64 regs[TAX_STACK_REGS]; /* struct pt_regs of x86-64, struct user_pt_regs of arm64 */
	__u8 stack[TAX_STACK_BYTES];
};

/* A moment, on the clock and in the thread's CPU time. */
struct tax_moment {
	__u64 ns;
	__u64 ran_ns; /* task_struct.se.sum_exec_runtime */
	__u64 began_ns; /* task_struct.se.exec_start, up to which ran_ns is known, on the clock that CPUs share */
};

/* The call, fault or wait that a thread is in. */
struct tax_thread {
	__u32 tid; /* the kernel's number for it; 0: the slot is no thread's */
	__u32 space;
	__u8 late;
	__u8 gone;    /* it is exiting: what it still does is not counted */
	__u8 counted; /* the call in progress began while counting was on */
	__u8 fault_stratum;
	__u32 call;   /* kind + 1 of the call in progress; 0: none */
	__u32 weight; /* of calls like this one for which its time stands; 0: it is not timed */
	__u32 seen_stacks; /* stacks seen so far, taken or not */
	__u32 runs;        /* of programs that may be timed, for observer_ns */
	__u32 run_weight;  /* of runs like the present one for which its time stands */
	__u64 joined_ns;   /* its CPU time when it began to be watched */
	__u64 walked_ns;   /* of the programs' time, what walks through many chunks took */
	struct tax_moment call_begin;
	__u64 args[3];
	__u64 asked; /* bytes */
	struct {
		__u64 address;
		__u64 bytes;           /* 0: nothing */
		__u64 how;             /* RANGE_HOW() in ranges.bpf.h */
	} begin;                       /* what the call does to pages at its beginning */
	struct tax_moment fault_begin; /* .ns is 0: the fault is not timed */
	__u64 lock_ns;                 /* start of its wait for mmap_lock; 0: it does not wait */
	struct {
		__u64 number;
		__u32 index; /* 0: none */
		__u32 unused;
	} cache[TAX_THREAD_CACHE]; /* of its last chunks, by the low bits of their numbers */
};

/* All about a thread. Slots of threads that ended are used again when no others are left. */
struct tax_slot {
	struct tax_row row;
	struct tax_thread thread;
};

/* The task that a CPU ran at the last look-up. */
struct tax_cpu {
	__u64 task; /* 0: not valid */
	__u32 pid;
	__u32 epoch;
	__u32 slot; /* 0: it is not watched */
	__u32 unused;
};

#endif
