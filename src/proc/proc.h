/* SPDX-License-Identifier: MIT */
/*
 * proc/proc: what /proc/PID says about a process, and resident memory over time.
 *
 * The parsers take the files' text, so that tests use recordings. Formats: proc(5),
 * Documentation/filesystems/proc.rst.
 */
#ifndef MADVISOR_PROC_PROC_H
#define MADVISOR_PROC_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* From /proc/PID/stat. Counts are of all threads of the process. */
struct proc_stat {
	bool forked_not_execed; /* PF_FORKNOEXEC, 0x40 in include/linux/sched.h */
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t threads;
};

/* From /proc/PID/status. */
struct proc_status {
	uint64_t rss_bytes;
	uint64_t peak_bytes;       /* VmHWM, since exec */
	uint64_t context_switches; /* of the main thread alone */
};

/* 0, or -EINVAL for a text that is no such file. */
int proc_parse_stat(const char *text, struct proc_stat *ret)
	__attribute__((nonnull, warn_unused_result));
/* 0, -EINVAL, or -ENODATA for a process without memory of its own: a zombie, a kernel thread. */
int proc_parse_status(const char *text, struct proc_status *ret)
	__attribute__((nonnull, warn_unused_result));

/* A descriptor of /proc/PID/NAME, or a negative errno. It stays with this process, never a later one. */
int proc_open(pid_t pid, const char *name) __attribute__((nonnull, warn_unused_result));
/* Reads and parses an open file afresh. The parser's errors, or those of read(2). */
int proc_read_stat(int fd, struct proc_stat *ret) __attribute__((nonnull, warn_unused_result));
int proc_read_status(int fd, struct proc_status *ret) __attribute__((nonnull, warn_unused_result));

/* The mean of a quantity over time, from samples at uneven intervals, straight lines between them. */
struct time_mean {
	uint64_t first_ns, last_ns;
	double last_value;
	double area;
	uint64_t samples;
};

#define TIME_MEAN_INIT       \
	{                    \
		.samples = 0 \
	}

/* now_ns must not go backwards. */
void time_mean_add(struct time_mean *mean, uint64_t now_ns, double value) __attribute__((nonnull));
/* NAN for fewer than two samples or no time between them. */
double time_mean_value(const struct time_mean *mean) __attribute__((nonnull, pure));

#endif
