/* SPDX-License-Identifier: MIT */
/*
 * launch/arena-watch: samples glibc's arenas in a process and keeps the largest sample.
 * Zero-initialised: no sample yet.
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
	uint64_t mappings; /* the most that were seen at once */
	bool seen;
	uint64_t next_ns;
};

/*
 * Takes a sample when one is due: twice a second, less often if the map is long and slow to read.
 */
void arena_watch_look(struct arena_watch *watch, pid_t pid, uint64_t now_ns)
	__attribute__((nonnull));

/* Adds nothing if no map was ever read. */
void arena_watch_metrics(const struct arena_watch *watch, struct metrics *metrics)
	__attribute__((nonnull));

#endif
