/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <sched.h>

#include "base/array.h"

static const struct kernel *const kernels[] = { &kernel_spawn, &kernel_mpsc, &kernel_churn };

const struct kernel *kernel_for(enum case_family family)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		if (kernels[i]->family == family)
			return kernels[i];
	return NULL;
}

unsigned int kernel_threads(uint64_t asked)
{
	cpu_set_t set;
	int cpus = 0;

	if (asked)
		return (unsigned int)asked;
	/* On machines with more CPUs than a cpu_set_t holds this fails; the limit then applies. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		cpus = CPU_COUNT(&set);
	else
		cpus = CASE_THREADS_MAX;
	return cpus < 2 ? 2 : cpus > CASE_THREADS_MAX ? CASE_THREADS_MAX : (unsigned int)cpus;
}
