/* SPDX-License-Identifier: MIT */
/*
 * Runs a command for which some system calls fail with EPERM, as in a container with a strict seccomp profile:
 *
 *   deny NAME[,NAME...] COMMAND [ARG...]
 *
 * bpf-lookup: bpf(2) where it looks into a map, alone.
 */
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
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

static const struct call {
	const char *name;
	unsigned int number;
	bool by_first; /* where its first argument is this one, alone */
	unsigned int first;
} calls[] = {
	{ .name = "bpf", .number = SYS_bpf },
	{ .name = "bpf-lookup", .number = SYS_bpf, .by_first = true, .first = BPF_MAP_LOOKUP_ELEM },
	{ .name = "perf_event_open", .number = SYS_perf_event_open },
	{ .name = "ptrace", .number = SYS_ptrace },
	{ .name = "fsopen", .number = SYS_fsopen },
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static const struct call *call_of(const char *name)
{
	for (size_t i = 0; i < CALLS; i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	errx(2, "not a call that can be denied: %s", name);
}

static const struct sock_filter load_number =
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
static const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);

/* The number of the call is loaded before and after it. */
static unsigned short add_call(struct sock_filter *filter, const struct call *call)
{
	unsigned short len = 0;

	filter[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->number, 0,
						     call->by_first ? 4 : 1);
	if (call->by_first) {
		/* The lower half of the argument: both architectures are little-endian. */
		filter[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							     offsetof(struct seccomp_data, args));
		filter[len++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->first, 0, 1);
	}
	filter[len++] = refuse;
	if (call->by_first)
		filter[len++] = load_number;
	return len;
}

int main(int argc, char **argv)
{
	struct sock_filter filter[5 + 5 * CALLS];
	unsigned short len = 0;
	char *rest, *name;

	if (argc < 3)
		errx(2, "usage: deny NAME[,NAME...] COMMAND [ARG...]");
	/* Calls of another architecture are none of these. */
	filter[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, arch));
	filter[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	filter[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[len++] = load_number;
	rest = argv[1];
	for (size_t i = 0; i < CALLS && (name = strsep(&rest, ",")); i++)
		len += add_call(filter + len, call_of(name));
	filter[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	struct sock_fprog program = { len, filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		err(1, "cannot install a filter");
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
