/* SPDX-License-Identifier: MIT */
/*
 * The system calls that a confined child may not make. It works on files and memory; other processes, the network, and
 * the large interfaces of the kernel are none of its business. A refused call fails with EPERM, so that code which only
 * tries (a library's constructor) goes on. Starting threads is allowed, starting processes is not; execve is, for the
 * command that base/spawn runs, which keeps this filter.
 *
 * Numbers mean nothing without the architecture (seccomp(2)): calls of any other architecture are refused.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/array.h"
#include "base/confined.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "name the audit architecture of this machine"
#endif

static const int refused[] = {
#ifdef SYS_fork
	SYS_fork,
	SYS_vfork,
#endif
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kill,
	SYS_tkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_socket,
	SYS_connect,
	SYS_bind,
	SYS_listen,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_open_by_handle_at,
	SYS_init_module,
	SYS_finit_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_swapon,
	SYS_syslog,
	SYS_acct,
	SYS_personality,
	SYS_shmget,
	SYS_msgget,
	SYS_semget,
	SYS_fanotify_init,
	SYS_inotify_init1,
	SYS_prlimit64,
#ifdef SYS_io_uring_setup
	SYS_io_uring_setup,
#endif
#ifdef SYS_pidfd_open
	SYS_pidfd_open,
	SYS_pidfd_send_signal,
#endif
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
};

enum { FILTER_MAX = 2 * ARRAY_SIZE(refused) + 32 };

struct program {
	struct sock_filter items[FILTER_MAX];
	unsigned short count;
};

static void add(struct program *program, struct sock_filter item)
{
	/* One too many is an invalid program, which the kernel refuses. */
	if (program->count < FILTER_MAX)
		program->items[program->count++] = item;
}

static void load(struct program *program, size_t offset)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void give(struct program *program, uint32_t action)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void give_if(struct program *program, uint32_t value, uint32_t action)
{
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	give(program, action);
}

static void build(struct program *program)
{
	const uint32_t no = SECCOMP_RET_ERRNO | EPERM;

	load(program, offsetof(struct seccomp_data, arch));
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0));
	give(program, no);
	load(program, offsetof(struct seccomp_data, nr));
#ifdef __X32_SYSCALL_BIT
	add(program,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __X32_SYSCALL_BIT, 0, 1));
	give(program, no);
#endif
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		give_if(program, (uint32_t)refused[i], no);
	/* Its flags lie in memory, where a filter cannot look: the C library then takes clone(2). */
	give_if(program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0));
	give(program, SECCOMP_RET_ALLOW);
	load(program, offsetof(struct seccomp_data, args[0])); /* little-endian: the low word */
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
	give(program, no);
	give(program, SECCOMP_RET_ALLOW);
}

int confined_filter_install(void)
{
	struct program program = { .count = 0 };

	build(&program);
	const struct sock_fprog filter = { program.count, program.items };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0 ? -errno : 0;
}
