/* SPDX-License-Identifier: MIT */
/*
 * The seccomp filter of the ptrace rung: memory system calls stop for the tracer, all others pass at
 * full speed (since Linux 5.11 without running the filter at all).
 *
 * Numbers and arguments mean nothing without the architecture of the call (seccomp(2)): a 64-bit kernel
 * runs 32-bit calls too, with other numbers. x86-64 has besides them the x32 calls, which are the 64-bit
 * ones with a bit set.
 */
#include <errno.h>
#include <linux/audit.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/callfilter.h"
#include "probe/ptrace-internal.h"

/* Linux 4.17, 5.18; older headers lack them. */
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

enum { NONE = -1, RULES = 6 };

/* The numbers of one architecture's calls; NONE where it has no such call. */
struct abi {
	uint32_t audit_arch;
	int madvise, mmap, mmap_old, munmap, mremap, brk, ptrace;
};

/*
 * The 64-bit numbers are the C library's; those of the other architecture that the kernel runs are in its
 * arch/x86/entry/syscalls/syscall_32.tbl and arch/arm/tools/syscall.tbl.
 */
static const struct abi abis[] = {
#if defined(__x86_64__) && defined(__LP64__)
	{ AUDIT_ARCH_X86_64, SYS_madvise, SYS_mmap, NONE, SYS_munmap, SYS_mremap, SYS_brk,
	  SYS_ptrace },
	{ AUDIT_ARCH_I386, 219, 192, 90, 91, 163, 45, 26 },
#elif defined(__aarch64__)
	{ AUDIT_ARCH_AARCH64, SYS_madvise, SYS_mmap, NONE, SYS_munmap, SYS_mremap, SYS_brk,
	  SYS_ptrace },
	{ AUDIT_ARCH_ARM, 220, 192, NONE, 91, 163, 45, 26 },
#else
	{ 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE }, /* nothing stops, as the check notices */
#endif
};

static uint32_t trace(enum trace_kind kind)
{
	return SECCOMP_RET_TRACE | (uint32_t)kind;
}

/* Of madvise only the advices that give pages back stop. */
static void add_advices(struct callfilter *filter)
{
	size_t low_word = offsetof(struct seccomp_data, args[2]);

	callfilter_load(filter, low_word); /* all architectures here are little-endian */
	callfilter_give_if(filter, MADV_DONTNEED, trace(TRACE_DONTNEED));
	callfilter_give_if(filter, MADV_DONTNEED_LOCKED, trace(TRACE_DONTNEED));
	callfilter_give_if(filter, MADV_FREE, trace(TRACE_FREE));
	callfilter_give(filter, SECCOMP_RET_ALLOW);
}

static void add_abi(struct callfilter *filter, const struct abi *abi)
{
	const struct {
		int number;
		enum trace_kind kind;
	} rules[RULES] = {
		{ abi->mmap, TRACE_MMAP },     { abi->mmap_old, TRACE_MMAP_OLD },
		{ abi->munmap, TRACE_MUNMAP }, { abi->mremap, TRACE_MREMAP },
		{ abi->brk, TRACE_BRK },       { abi->ptrace, TRACE_PTRACE },
	};

	callfilter_load(filter, offsetof(struct seccomp_data, nr));
#ifdef __X32_SYSCALL_BIT
	if (abi->audit_arch == AUDIT_ARCH_X86_64)
		callfilter_add(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
								    ~(uint32_t)__X32_SYSCALL_BIT));
#endif
	for (size_t i = 0; i < RULES; i++)
		if (rules[i].number != NONE)
			callfilter_give_if(filter, (uint32_t)rules[i].number, trace(rules[i].kind));
	callfilter_add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							    (uint32_t)abi->madvise, 1, 0));
	callfilter_give(filter, SECCOMP_RET_ALLOW);
	add_advices(filter);
}

static void build(struct callfilter *filter)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		unsigned short jump = (unsigned short)(filter->count + 1);

		callfilter_load(filter, offsetof(struct seccomp_data, arch));
		callfilter_add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								    abis[i].audit_arch, 0, 0));
		add_abi(filter, &abis[i]);
		filter->items[jump].jf = (uint8_t)(filter->count - jump - 1);
	}
	callfilter_give(filter, SECCOMP_RET_ALLOW);
}

/* Without the flag, kernels before 5.16 slow the whole program down against speculation attacks. */
static int install(const struct sock_fprog *filter)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, filter) ==
	    0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) < 0 ? -errno : 0;
}

int trace_filter_install(void)
{
	struct callfilter filter = { .count = 0 };

	build(&filter);
	const struct sock_fprog program = callfilter_program(&filter);
	int r = install(&program);

	/* CAP_SYS_ADMIN needs no no_new_privs: set-user-ID programs then keep their privileges. */
	if (r != -EACCES)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return install(&program);
}
