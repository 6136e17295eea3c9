/* SPDX-License-Identifier: MIT */
/* workload/threads: how many threads a case has. */
#ifndef MADVISOR_WORKLOAD_THREADS_H
#define MADVISOR_WORKLOAD_THREADS_H

#include <stdint.h>

/* As many as the case asks for (0: it does not), or as many as CPUs this process may use, by its affinity and its control group's quota, at least 2. */
unsigned int threads_or_cpus(uint64_t asked);

#endif
