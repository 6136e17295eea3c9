/* SPDX-License-Identifier: MIT */
/*
 * probe/lineage: every program that a process tree ran, with its exact CPU time, by ptrace.
 *
 * A program starts by exec; what it forks runs the same program until it calls exec itself. CPU time is
 * that of the process's CPU clock (clock_getcpuclockid(3)), read when it calls exec and when it
 * has ended, so that no process is too short to be counted. Processes stop for that: their wall
 * time does not count.
 *
 * Everything is the kernel's word, not the program's: paths are those of /proc/PID/exe, and `key` are the 16
 * random bytes that the kernel gives each program at its start (AT_RANDOM, getauxval(3)), folded
 * by xor. A library in the program reads the same bytes, so that what it says can be matched.
 *
 * A rung of probe/probe that is not on the ladder. The files: lineage.c in madvisor, lineage-tracer.c
 * in the tracer.
 */
#ifndef MADVISOR_PROBE_LINEAGE_H
#define MADVISOR_PROBE_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

/* Programs, by start. Further ones are not told apart, and the lineage is incomplete. */
enum { LINEAGE_MAX = 16384, LINEAGE_PATH_BYTES = 256 };

struct lineage_image {
	uint64_t key; /* 0: could not be read */
	uint64_t cpu_ns;
	uint32_t processes; /* that called exec for it, or ended in it */
	bool is_static;     /* no dynamic loader started it (AT_BASE is 0 or missing) */
	bool is_foreign;    /* it has 32 bits, and this machine 64 */
	bool is_secure;     /* privileged: the loader ignores most variables (AT_SECURE) */
	bool is_preloaded;  /* its LD_PRELOAD names libmadvisor-witness.so */
	char path[LINEAGE_PATH_BYTES]; /* of its file; the end of a long one; "" unknown */
};

struct lineage {
	struct lineage_image *images; /* the first program first */
	size_t count;
	bool complete; /* all CPU time of the tree is in them */
};

extern const struct probe probe_lineage;

void lineage_free(struct lineage *lineage);

#endif
