/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/semaphore: the permits that bound a channel.
 *
 * Two counters that only grow: permits `taken` so far, and permits `granted`; what is between them
 * is free. So a take needs one atomic step, and its result is a unique number, which the channel
 * uses as the message's position. There is one giver.
 *
 * A taker first tries, then spins, then lets other threads run, then sleeps; sleepers wake in the order
 * they came (a futex's queue). A running taker may overtake a sleeping one, as in most locks: handing each
 * permit to a sleeper would cost a switch of threads for each message. A sleeper is woken when
 * enough permits are free to be worth a switch (`wake_at`), or when the giver says that it has nothing more
 * to give at present.
 *
 * Why no wake is lost: a taker reads `turn`, counts itself in `waiters`, looks at `granted`, and
 * sleeps only while `turn` is unchanged. The giver raises `granted`, then looks at `waiters`, and
 * if there are any changes `turn` before it wakes. All of that is sequentially consistent, so the
 * taker sees the grant or the giver sees the taker. Free permits below `wake_at` are not lost: the
 * others belong to running takers or messages not yet received, and the last of those to return
 * raises the free ones to the capacity, which is never below `wake_at`.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_SEMAPHORE_H
#define MADVISOR_WORKLOAD_RUNTIME_SEMAPHORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

#define SEMAPHORE_PERMITS_MAX (UINT32_C(1) << 30)

struct semaphore {
	CACHE_APART _Atomic uint64_t taken;   /* written by takers */
	CACHE_APART _Atomic uint64_t granted; /* written by the giver alone */
	uint32_t wake_at;
	_Atomic uint32_t waiters;
	_Atomic uint32_t turn; /* waiters sleep on it */
};

/* permits: 1 to SEMAPHORE_PERMITS_MAX. */
void semaphore_init(struct semaphore *semaphore, uint32_t permits);
/* Takes one permit, however long it takes; returns its number. */
uint64_t semaphore_take_slowly(struct semaphore *semaphore);
/* The giver. Gives back permits; `idle`: no more follow soon, so wake all takers that can go on. */
void semaphore_give(struct semaphore *semaphore, uint32_t permits, bool idle);

/* Takes a permit if one is free; *ret is its number: 0 for the first ever taken, then 1 and so on. */
static inline bool semaphore_try_take(struct semaphore *semaphore, uint64_t *ret)
{
	uint64_t taken = atomic_load_explicit(&semaphore->taken, memory_order_relaxed);

	/* Acquire: what the giver did before it gave the permit back is over for us. */
	while (taken < atomic_load_explicit(&semaphore->granted, memory_order_acquire)) {
		if (!atomic_compare_exchange_weak_explicit(&semaphore->taken, &taken, taken + 1,
							   memory_order_seq_cst,
							   memory_order_relaxed))
			continue;
		*ret = taken;
		return true;
	}
	return false;
}

static inline uint64_t semaphore_take(struct semaphore *semaphore)
{
	uint64_t number;

	return semaphore_try_take(semaphore, &number) ? number : semaphore_take_slowly(semaphore);
}

#endif
