/* SPDX-License-Identifier: MIT */
/* machine/cpus: CPU lists as taskset and cgroups write them: "0-3,6". */
#ifndef MADVISOR_MACHINE_CPUS_H
#define MADVISOR_MACHINE_CPUS_H

#include <sched.h>

#include "base/error.h"

/*
 * Parses a list and checks that this process may run on each of its CPUs.
 * -EINVAL with ERROR_USAGE: not a list, or a CPU that is not available.
 */
int cpus_parse(const char *list, cpu_set_t *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
