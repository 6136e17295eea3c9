/* SPDX-License-Identifier: MIT */
/*
 * launch/usage: resources used so far by a running process and its descendants, from /proc and
 * their CPU clocks. The difference of two readings is the use in between.
 */
#ifndef MADVISOR_LAUNCH_USAGE_H
#define MADVISOR_LAUNCH_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proc/parse.h"

struct usage {
	size_t processes; /* 0: the process is gone */
	uint64_t cpu_ns;  /* exact, except ended children, which count in ticks */
	uint64_t user_ns; /* in ticks */
	uint64_t sys_ns;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t rss_bytes; /* now */
};

void usage_read(pid_t pid, struct usage *ret) __attribute__((nonnull));

/*
 * Usage of one process and the children that it waited for; cpu_ns is that of those children
 * alone.
 */
void usage_of_stat(const struct proc_stat *stat, struct usage *ret) __attribute__((nonnull));

#endif
