/* SPDX-License-Identifier: MIT */
/*
 * launch/usage: resources used by processes that run, from /proc and their CPU clocks: of one with its descendants, so far; of
 * a set that changes, since a moment.
 */
#ifndef MADVISOR_LAUNCH_USAGE_H
#define MADVISOR_LAUNCH_USAGE_H

#include <stdbool.h>
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

/* What processes used since the first look. Zero-initialised: no look yet. */
struct usage_watch {
	struct usage_member *members; /* the processes seen so far that did not end */
	size_t count, alloc;
	struct usage ended; /* of those that ended and that none of the others waited for */
	bool began;
};

/*
 * Looks at the processes of the set. Of one that came into it later only what it used since then counts, unless it is the child
 * of another. What a process used after its last look counts only if its parent is watched as well.
 */
void usage_watch_look(struct usage_watch *watch, const struct proc_stat *list, size_t count)
	__attribute__((nonnull(1)));
/* Since the first look; .processes and .rss_bytes as of the last one. */
void usage_watch_sum(const struct usage_watch *watch, struct usage *ret) __attribute__((nonnull));
void usage_watch_release(struct usage_watch *watch);

/*
 * Usage of one process and the children that it waited for; cpu_ns is that of those children
 * alone.
 */
void usage_of_stat(const struct proc_stat *stat, struct usage *ret) __attribute__((nonnull));

#endif
