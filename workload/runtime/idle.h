/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/idle: which workers search, which sleep, and which one to wake.
 *
 * One word counts workers awake and workers searching. A spawner wakes a sleeper only while no
 * worker searches; a searcher that finds work and was the last one wakes the next. At most half of
 * the workers search at a time, so that thieves do not fight each other.
 *
 * Why no task is left behind: a spawner makes its task visible and then reads the word; a worker
 * takes itself out of the word and then looks at all queues once more. Both in sequentially consistent
 * steps, so at least one of the two sees the other.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_IDLE_H
#define MADVISOR_WORKLOAD_RUNTIME_IDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "runtime/lock.h"

#define IDLE_WORKERS_MAX 256

struct idle {
	CACHE_APART _Atomic uint64_t state; /* searching (low half), awake (high half) */
	unsigned int workers;
	CACHE_APART struct lock lock;
	unsigned int sleeping; /* how many of `sleepers` are valid; the last one wakes first */
	unsigned int sleepers[IDLE_WORKERS_MAX];
};

/* All workers start awake, none searching. workers: 1 to IDLE_WORKERS_MAX. */
void idle_init(struct idle *idle, unsigned int workers);
/* May the caller search? Counts it if so. */
bool idle_search_begin(struct idle *idle);
/* The caller, a searcher, stops. True: it was the last. */
bool idle_search_end(struct idle *idle);
/* The caller goes to sleep: it must look at all queues once more, then sleep or cancel. */
void idle_sleep(struct idle *idle, unsigned int worker, bool searching);
/* The caller wakes itself, as a searcher. False: it was already picked. */
bool idle_cancel(struct idle *idle, unsigned int worker);
/* The worker to wake for new work, or -1. It then counts as awake and searching. */
int idle_pick(struct idle *idle);
unsigned int idle_awake(struct idle *idle);

#endif
