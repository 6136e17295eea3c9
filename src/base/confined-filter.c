/* SPDX-License-Identifier: MIT */
/*
 * The system calls that a confined child may not make. It needs only files and memory; calls for
 * other processes, the network, and the large interfaces of the kernel are refused. A refused call
 * fails with EPERM, so that optional attempts (of a library's constructor) do not end the child.
 * Starting threads is allowed, starting processes is not; execve is, for the command that
 * base/spawn runs, which keeps this filter.
 *
 * Call numbers depend on the architecture (seccomp(2)): calls of any other architecture are
 * refused.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/array.h"
#include "base/callfilter.h"
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

_Static_assert(2 * ARRAY_SIZE(refused) + 32 <= CALLFILTER_MAX, "room for all of them");

static void build(struct callfilter *filter)
{
	const uint32_t no = SECCOMP_RET_ERRNO | EPERM;

	callfilter_load(filter, offsetof(struct seccomp_data, arch));
	callfilter_add(filter,
		       (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0));
	callfilter_give(filter, no);
	callfilter_load(filter, offsetof(struct seccomp_data, nr));
#ifdef __X32_SYSCALL_BIT
	callfilter_add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
							    __X32_SYSCALL_BIT, 0, 1));
	callfilter_give(filter, no);
#endif
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		callfilter_give_if(filter, (uint32_t)refused[i], no);
	/* Its flags are in memory, which a filter cannot read: the C library falls back to clone(2). */
	callfilter_give_if(filter, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	callfilter_add(filter,
		       (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0));
	callfilter_give(filter, SECCOMP_RET_ALLOW);
	callfilter_load(filter,
			offsetof(struct seccomp_data, args[0])); /* little-endian: the low word */
	callfilter_add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
							    CLONE_THREAD, 1, 0));
	callfilter_give(filter, no);
	callfilter_give(filter, SECCOMP_RET_ALLOW);
}

int confined_filter_install(void)
{
	struct callfilter filter = { .count = 0 };

	build(&filter);
	const struct sock_fprog program = callfilter_program(&filter);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}
