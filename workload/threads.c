/* SPDX-License-Identifier: MIT */
#include "threads.h"

#include <sched.h>

#include "base/cgroup.h"
#include "case.h"

unsigned int threads_or_cpus(uint64_t asked)
{
	cpu_set_t set;
	int cpus = 0;

	if (asked)
		return (unsigned int)asked;
	/* On machines with more CPUs than a cpu_set_t holds this fails; the limit then applies. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		cpus = (int)cgroup_cpus(&rootfs_real, (unsigned int)CPU_COUNT(&set));
	else
		cpus = CASE_THREADS_MAX;
	return cpus < 2 ? 2 : cpus > CASE_THREADS_MAX ? CASE_THREADS_MAX : (unsigned int)cpus;
}
