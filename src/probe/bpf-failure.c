/* SPDX-License-Identifier: MIT */
/* Error messages for refusals of the kernel or libbpf, with the remedy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe/bpf-internal.h"
#include "base/rootless.h"

/* The first warning of libbpf: errno alone rarely says what is wrong. One thread loads at a time. */
static char warning[256];

__attribute__((format(printf, 2, 0))) static int keep_warning(enum libbpf_print_level level,
							      const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN && !*warning)
		return vsnprintf(warning, sizeof(warning), format, arguments);
	return 0;
}

/*
 * If a process may not load any program at all, libbpf wrongly advises to raise an unrelated limit;
 * madvisor's own hint names the remedy.
 */
static bool is_misleading(int code)
{
	return code == EPERM && strstr(warning, "trivial BPF program");
}

libbpf_print_fn_t tax_error_listen(void)
{
	*warning = '\0';
	return libbpf_set_print(keep_warning);
}

int tax_error(struct error *err, int code, const char *what)
{
	warning[is_misleading(code) ? 0 : strcspn(warning, "\n")] = '\0';
	error_set(err, ERROR_MACHINE, code, "%s: %s%s%s%s", what, strerror(code),
		  *warning ? " (" : "", warning, *warning ? ")" : "");
	if ((code == EPERM || code == EACCES) && rootless_explain(err))
		return -code;
	if (code == EPERM || code == EACCES) {
		if (geteuid() == 0)
			error_hint(err,
				   "in a container: start it with --cap-add BPF --cap-add "
				   "PERFMON --security-opt seccomp=unconfined; on a machine in "
				   "lockdown mode \"confidentiality\" it cannot be had");
		else
			error_hint(err, "run madvisor under sudo: the program still runs as you");
	} else if (code == EMFILE) {
		error_hint(err, "ulimit -n 4096");
	} else if (code == EINVAL || code == ENOTSUP || code == ENOENT) {
		error_hint(err, "use a newer kernel: 5.17 has all that is needed");
	} else if (code == ENOMEM) {
		error_hint(err, "the tables in the kernel take about 0.1%% of memory: raise the "
				"memory limit of this cgroup");
	}
	return -code;
}
