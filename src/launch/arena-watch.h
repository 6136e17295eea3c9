/* SPDX-License-Identifier: MIT */
/*
 * launch/arena-watch: the most that glibc's arenas held in a process at any of the moments at which they were looked at.
 * Zero-initialised it has not looked yet.
 */
#ifndef MADVISOR_LAUNCH_ARENA_WATCH_H
#define MADVISOR_LAUNCH_ARENA_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "alloc/arenas.h"
#include "model/metrics.h"

struct arena_watch {
	struct arenas most;
	bool seen;
	uint64_t next_ns;
};

/* Looks, if it is time to: twice a second, and less often where the map is so long that reading it takes time. */
void arena_watch_look(struct arena_watch *watch, pid_t pid, uint64_t now_ns)
	__attribute__((nonnull));

/* Nothing where it never saw a map. */
void arena_watch_metrics(const struct arena_watch *watch, struct metrics *metrics)
	__attribute__((nonnull));

#endif
