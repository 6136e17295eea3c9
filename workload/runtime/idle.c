/* SPDX-License-Identifier: MIT */
#include "runtime/idle.h"

#define SEARCHING UINT64_C(1)
#define AWAKE (UINT64_C(1) << 32)

static unsigned int searching(uint64_t state)
{
	return (unsigned int)(state & (AWAKE - 1));
}

static unsigned int awake(uint64_t state)
{
	return (unsigned int)(state >> 32);
}

void idle_init(struct idle *idle, unsigned int workers)
{
	atomic_init(&idle->state, workers * AWAKE);
	atomic_init(&idle->lock.word, LOCK_FREE);
	idle->workers = workers;
	idle->sleeping = 0;
}

bool idle_search_begin(struct idle *idle)
{
	if (2 * searching(atomic_load_explicit(&idle->state, memory_order_relaxed)) >=
	    idle->workers)
		return false;
	atomic_fetch_add(&idle->state, SEARCHING);
	return true;
}

bool idle_search_end(struct idle *idle)
{
	return searching(atomic_fetch_sub(&idle->state, SEARCHING)) == 1;
}

void idle_sleep(struct idle *idle, unsigned int worker, bool was_searching)
{
	lock_take(&idle->lock);
	atomic_fetch_sub(&idle->state, AWAKE + (was_searching ? SEARCHING : 0));
	idle->sleepers[idle->sleeping++] = worker;
	lock_drop(&idle->lock);
}

bool idle_cancel(struct idle *idle, unsigned int worker)
{
	bool found = false;

	lock_take(&idle->lock);
	for (unsigned int i = 0; i < idle->sleeping && !found; i++) {
		if (idle->sleepers[i] != worker)
			continue;
		idle->sleepers[i] = idle->sleepers[--idle->sleeping];
		atomic_fetch_add(&idle->state, AWAKE + SEARCHING);
		found = true;
	}
	lock_drop(&idle->lock);
	return found;
}

int idle_pick(struct idle *idle)
{
	uint64_t state = atomic_load(&idle->state);
	int worker = -1;

	if (searching(state) || awake(state) >= idle->workers)
		return -1;
	lock_take(&idle->lock);
	if (idle->sleeping) {
		worker = (int)idle->sleepers[--idle->sleeping];
		atomic_fetch_add(&idle->state, AWAKE + SEARCHING);
	}
	lock_drop(&idle->lock);
	return worker;
}

unsigned int idle_awake(struct idle *idle)
{
	return awake(atomic_load(&idle->state));
}
