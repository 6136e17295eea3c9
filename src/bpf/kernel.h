/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/kernel: the few kernel types that the programs read, with the few fields they read. Where these
 * fields are is found out when the programs are loaded, from the running kernel's BTF (CO-RE).
 */
#ifndef MADVISOR_BPF_KERNEL_H
#define MADVISOR_BPF_KERNEL_H

#include <stdbool.h>
/* The order matters: bpf_helpers.h needs the types of the first two. */
#include <linux/types.h>
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct rw_semaphore {
	/* Only its address is used. */
};

struct inode {
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
};

struct linux_binprm;

/* The registers of a task that made a system call. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10;
	unsigned long ax;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long cs;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
};
#endif

struct mm_struct {
	unsigned long start_brk;
	unsigned long brk;
	unsigned long def_flags;
	struct rw_semaphore mmap_lock;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

/* The number of a task in a namespace. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

/* Its numbers, the first namespace's first. */
struct pid {
	unsigned int level; /* of the last */
	struct upid numbers[1];
};

enum { PIDTYPE_TGID = 1, PIDTYPES = 4 };

struct signal_struct {
	atomic_t live;
	struct pid *pids[PIDTYPES];
};

/* Of each CPU: its clock, and the same without the time that interrupts and the hypervisor took from tasks. */
struct rq {
	__u64 clock;
	__u64 clock_task;
};

struct cfs_rq {
	struct rq *rq; /* where the kernel has groups of tasks: CONFIG_FAIR_GROUP_SCHED */
};

struct sched_entity {
	struct cfs_rq *cfs_rq;
	__u64 exec_start;
	__u64 sum_exec_runtime;
};

struct task_struct {
	struct sched_entity se;
	unsigned int flags; /* PF_* */
	int pid;
	int tgid;
	int pagefault_disabled;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct signal_struct *signal;
	struct pid *thread_pid;
	char comm[16];
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct file *vm_file;
};

/* include/linux/mm_types_task.h or asm/tlbflush.h; x86 has the tracepoint. */
enum tlb_flush_reason {
	TLB_FLUSH_ON_TASK_SWITCH,
	TLB_REMOTE_SHOOTDOWN,
	TLB_LOCAL_SHOOTDOWN,
	TLB_LOCAL_MM_SHOOTDOWN,
	TLB_REMOTE_SEND_IPI,
};

#pragma clang attribute pop

/*
 * Numbers are read from a task directly, what its pointers lead to by BPF_CORE_READ(): where a program loads such a pointer
 * itself, the verifier looks for four names among all types of the kernel, one after the other, each time that it comes by. That
 * was a quarter of its time.
 */

/*
 * The numbers of the memory system calls and where their arguments are. A 32-bit program has other ones; like
 * the kernel's own tracing of system calls we do not see them.
 */
#if defined(__TARGET_ARCH_x86)
enum {
	NR_mmap = 9,
	NR_mprotect = 10,
	NR_munmap = 11,
	NR_brk = 12,
	NR_mremap = 25,
	NR_madvise = 28,
	NR_clone = 56,
	NR_fork = 57,
	NR_vfork = 58,
	NR_execve = 59,
	NR_execveat = 322,
	NR_clone3 = 435,
	NR_mlock = 149,
	NR_mlockall = 151,
	NR_fallocate = 285,
	NR_mlock2 = 325,
	NR_process_madvise = 440,
	NR_futex = 202,
};
enum { USER_REGS = 21 }; /* in struct bpf_perf_event_data */
enum { REG_SP = 19, REG_CS = 17 };
#define CALL_NUMBER(regs) ((long)(regs)->orig_ax)
#define CALL_ARG0(regs) ((regs)->di)
#define CALL_ARG1(regs) ((regs)->si)
#define CALL_ARG2(regs) ((regs)->dx)
#define CALL_ARG3(regs) ((regs)->r10)
#define CALL_RESULT(context) ((context)->ax)  /* at the return of its function */
#define CALL_IS_32(regs) ((regs)->cs == 0x23) /* __USER32_CS */
#define REGS_ARE_32(regs) ((regs)[REG_CS] == 0x23)
#define REGS_ARE_USERS(regs) (((regs)[REG_CS] & 3) == 3)
#elif defined(__TARGET_ARCH_arm64)
enum {
	NR_futex = 98,
	NR_brk = 214,
	NR_munmap = 215,
	NR_mremap = 216,
	NR_mmap = 222,
	NR_mprotect = 226,
	NR_madvise = 233,
	NR_clone = 220,
	NR_fork = -2, /* it has neither */
	NR_vfork = -3,
	NR_execve = 221,
	NR_execveat = 281,
	NR_clone3 = 435,
	NR_fallocate = 47,
	NR_mlock = 228,
	NR_mlockall = 230,
	NR_mlock2 = 284,
	NR_process_madvise = 440,
};
enum { USER_REGS = 34 };
enum { REG_SP = 31, REG_PSTATE = 33 };
#define CALL_NUMBER(regs) ((long)(regs)->syscallno)
#define CALL_ARG0(regs) ((regs)->orig_x0)
#define CALL_ARG1(regs) ((regs)->regs[1])
#define CALL_ARG2(regs) ((regs)->regs[2])
#define CALL_ARG3(regs) ((regs)->regs[3])
#define CALL_RESULT(context) ((context)->regs[0])
#define CALL_IS_32(regs) ((regs)->pstate & 0x10) /* PSR_MODE32_BIT */
#define REGS_ARE_32(regs) ((regs)[REG_PSTATE] & 0x10)
#define REGS_ARE_USERS(regs) (((regs)[REG_PSTATE] & 0xf) == 0) /* PSR_MODE_EL0t */
#else
#error "where this architecture has the arguments of system calls is not known"
#endif

/* struct bpf_perf_event_data, whose header would bring in another struct pt_regs. */
struct event_context {
	__u64 regs[USER_REGS];
	__u64 sample_period;
	__u64 address;
};

/* asm-generic/mman-common.h and linux/mman.h, the same on x86-64 and arm64. */
enum {
	MAP_FIXED = 0x10,
	MAP_LOCKED = 0x2000,
	MAP_POPULATE = 0x8000,
	MADV_DONTNEED = 4,
	MADV_FREE = 8,
	MADV_REMOVE = 9,
	MADV_HUGEPAGE = 14,
	MADV_NOHUGEPAGE = 15,
	MADV_POPULATE_READ = 22,
	MADV_POPULATE_WRITE = 23,
	MADV_DONTNEED_LOCKED = 24,
	MADV_COLLAPSE = 25,
	MLOCK_ONFAULT = 1,
	/* include/linux/mm.h: of all that is mapped from now on, after mlockall(MCL_FUTURE) */
	VM_LOCKED = 0x2000,
	VM_LOCKONFAULT = 0x80000,
	FALLOC_FL_PUNCH_HOLE = 2, /* linux/falloc.h */
};

enum { EBUSY = 16 };

/* uapi/linux/sched.h */
#define CLONE_THREAD 0x10000ul

/* include/linux/sched.h; the same since Linux 2.6. */
#define PF_EXITING 0x4

/* include/linux/mm.h; the bits of vm_flags since Linux 2.6.38. */
#define VM_SHARED 0x8ul
#define VM_GROWSDOWN 0x100ul
#define VM_HUGEPAGE 0x20000000ul
#define VM_NOHUGEPAGE 0x40000000ul

#endif
