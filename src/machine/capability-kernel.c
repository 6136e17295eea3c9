/* SPDX-License-Identifier: MIT */
/* The kernel features that the probes need: perf events, tracepoints, BPF, ptrace. */
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "machine/capability-internal.h"
#include "machine/host.h"
#include "base/rootless.h"

/* Linux 5.8 and later; older headers lack them. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

#define TRACEFS "/sys/kernel/tracing"

/* Capabilities over the kernel are those of the first user namespace. */
static bool may_in_kernel(const struct capability_look *in, int capability)
{
	return may(in, capability) && !rootless_is(in->fs);
}

static bool may_observe(const struct capability_look *in)
{
	return may_in_kernel(in, CAP_SYS_ADMIN) || may_in_kernel(in, CAP_PERFMON);
}

static void inspect_tracefs(const struct capability_look *in)
{
	static const char name[] = "tracefs";
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (rootfs_read(in->fs, TRACEFS "/events/syscalls/sys_enter_madvise/id", &text) == 0) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_YES, "mounted and readable");
		return;
	}
	strbuf_truncate(&text, 0);
	if (rootfs_read(in->fs, "/proc/self/mounts", &text) == 0 && strstr(text.buf, " tracefs ")) {
		if (file_exists(in->fs, TRACEFS "/events") &&
		    !file_exists(in->fs, TRACEFS "/events/syscalls")) {
			row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO,
			    "this kernel has no tracepoints for system calls");
			remedy(in, "use a kernel built with CONFIG_FTRACE_SYSCALLS=y");
			return;
		}
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO,
		    "mounted, not readable for this user");
		remedy(in, "sudo mount -o remount,mode=750,gid=$(id -g) " TRACEFS);
		return;
	}
	if (may_in_kernel(in, CAP_SYS_ADMIN)) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_YES,
		    "not mounted; with this privilege madvisor uses a private one");
		return;
	}
	row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO, "not mounted");
	remedy(in, "sudo mount -t tracefs -o mode=750,gid=$(id -g) tracefs " TRACEFS);
}

/* Meaning of the values: perf_event_open(2); 3 and 4 are distributions' own. */
static void inspect_paranoid(const struct capability_look *in)
{
	static const char name[] = "perf_event_paranoid";
	long level;

	if (!read_number(in->fs, "/proc/sys/kernel/perf_event_paranoid", &level)) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO, "this kernel has no perf events");
		remedy(in, "use a kernel built with CONFIG_PERF_EVENTS=y");
	} else if (may_observe(in)) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_YES,
		    "%ld, which does not bind this user", level);
	} else if (level <= 1) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_YES, "%ld", level);
	} else {
		row(in, CAPABILITIES_KERNEL, name, level == 2 ? CAPABILITY_PARTLY : CAPABILITY_NO,
		    level == 2
			    ? "%ld: no cycles, instructions and cache misses of the kernel's share"
			    : "%ld: no perf events for this user",
		    level);
		remedy(in, "sudo sysctl kernel.perf_event_paranoid=1");
	}
}

static void inspect_bpf(const struct capability_look *in)
{
	static const char name[] = "BPF";
	bool btf = file_exists(in->fs, "/sys/kernel/btf/vmlinux");
	bool allowed = may_in_kernel(in, CAP_SYS_ADMIN) ||
		       (may_in_kernel(in, CAP_BPF) && may_in_kernel(in, CAP_PERFMON));
	_cleanup_free_ char *lockdown = host_chosen(in->fs, "/sys/kernel/security/lockdown");

	if (!file_exists(in->fs, "/proc/sys/kernel/unprivileged_bpf_disabled")) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO, "this kernel has no BPF");
		remedy(in, "use a kernel built with CONFIG_BPF_SYSCALL=y");
	} else if (!btf) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO,
		    "the kernel does not describe its types (no /sys/kernel/btf/vmlinux)");
		remedy(in, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y");
	} else if (lockdown && !strcmp(lockdown, "confidentiality")) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO,
		    "kernel lockdown (confidentiality) forbids programs to read kernel memory");
		remedy(in, "boot with lockdown=integrity or lockdown=none");
	} else if (!allowed) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO,
		    "this user may not load programs");
		remedy(in, "run madvisor under sudo: the program still runs as you");
	} else {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_YES,
		    "the kernel describes its types, and this user may load programs");
	}
}

static void inspect_namespace(const struct capability_look *in)
{
	if (!rootless_is(in->fs))
		return;
	row(in, CAPABILITIES_KERNEL, "user namespace", CAPABILITY_PARTLY,
	    "a rootless container: its root has no rights over the kernel, for BPF and perf events");
	remedy(in, ROOTLESS_REMEDY);
}

static void inspect_lockdown(const struct capability_look *in)
{
	_cleanup_free_ char *mode = host_chosen(in->fs, "/sys/kernel/security/lockdown");

	if (mode)
		row(in, CAPABILITIES_KERNEL, "lockdown", CAPABILITY_FACT, "%s", mode);
}

/* Documentation/admin-guide/LSM/Yama.rst */
static void inspect_ptrace(const struct capability_look *in)
{
	static const char name[] = "ptrace";
	long scope = 0;

	(void)read_number(in->fs, "/proc/sys/kernel/yama/ptrace_scope", &scope);
	if (scope <= 0 || (scope < 3 && may(in, CAP_SYS_PTRACE))) {
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_YES,
		    "programs that madvisor starts, and running ones");
		return;
	}
	if (scope == 1)
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_PARTLY,
		    "programs that madvisor starts, not running ones (ptrace_scope is 1)");
	else
		row(in, CAPABILITIES_KERNEL, name, CAPABILITY_NO, "forbidden (ptrace_scope is %ld)",
		    scope);
	if (scope >= 3)
		remedy(in,
		       "set kernel.yama.ptrace_scope=0 in /etc/sysctl.d and reboot: 3 is final");
	else
		remedy(in, "sudo sysctl kernel.yama.ptrace_scope=0");
}

static void inspect_seccomp(const struct capability_look *in)
{
	uint64_t mode;

	if (rootfs_read_field_u64(in->fs, "/proc/self/status", "Seccomp", &mode) < 0 || mode == 0)
		return;
	row(in, CAPABILITIES_KERNEL, "seccomp", CAPABILITY_PARTLY,
	    "a filter is in force, as in a container; it may forbid perf events, ptrace and BPF");
	remedy(in, "start the container with --security-opt seccomp=unconfined --cap-add PERFMON");
}

void inspect_kernel(const struct capability_look *in)
{
	inspect_tracefs(in);
	inspect_paranoid(in);
	inspect_bpf(in);
	inspect_namespace(in);
	inspect_lockdown(in);
	inspect_ptrace(in);
	inspect_seccomp(in);
}
