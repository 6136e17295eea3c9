/* SPDX-License-Identifier: MIT */
/* probe/rungs: what registry.c and session.c list; each is defined in the file of its name. */
#ifndef MADVISOR_PROBE_RUNGS_H
#define MADVISOR_PROBE_RUNGS_H

#include "probe/probe.h"

extern const struct probe probe_bpf;
extern const struct probe probe_bpf_stacks; /* the same rung, with stacks; not on the ladder */
extern const struct probe probe_perf;
extern const struct probe probe_ptrace;
extern const struct probe probe_rusage; /* the lowest rung, and a layer under every other */

/*
 * Not a rung: a layer under every one that costs time. Its check() says whether the machine has
 * hardware counters; its open() never fails; without hardware counters it counts nothing.
 */
extern const struct probe probe_hardware;

#endif
