/* SPDX-License-Identifier: MIT */
/*
 * Runs a command for which some system calls fail with EPERM, as in a container with a strict seccomp profile:
 *
 *   deny NAME[,NAME...] COMMAND [ARG...]
 */
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the number of this machine's system calls is not known"
#endif

static const struct {
	const char *name;
	unsigned int number;
} calls[] = {
	{ "bpf", SYS_bpf },
	{ "perf_event_open", SYS_perf_event_open },
	{ "ptrace", SYS_ptrace },
	{ "fsopen", SYS_fsopen },
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static unsigned int number_of(const char *name)
{
	for (size_t i = 0; i < CALLS; i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	errx(2, "not a call that can be denied: %s", name);
}

int main(int argc, char **argv)
{
	struct sock_filter filter[5 + 2 * CALLS];
	unsigned short len = 0;
	char *rest, *name;

	if (argc < 3)
		errx(2, "usage: deny NAME[,NAME...] COMMAND [ARG...]");
	/* Calls of another architecture are none of these. */
	filter[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, arch));
	filter[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	filter[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, nr));
	rest = argv[1];
	for (size_t i = 0; i < CALLS && (name = strsep(&rest, ",")); i++) {
		filter[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							     number_of(name), 0, 1);
		filter[len++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	filter[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	struct sock_fprog program = { len, filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		err(1, "cannot install a filter");
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
