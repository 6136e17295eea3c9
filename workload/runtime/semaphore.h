/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/semaphore: the permits that bound a channel.
 *
 * One word holds the free permits (low half) and the sleeping waiters (high half), so that giving
 * back permits tells in the same instruction whether somebody sleeps. A taker first tries, then
 * spins, then lets other threads run, then sleeps; sleepers wake in the order they came (a futex's
 * queue). A running taker may overtake a sleeping one, as in most locks: handing each permit to a
 * sleeper would cost a switch of threads for each message.
 *
 * A sleeper is woken when enough permits are free to be worth a switch (`wake_at`), or when the
 * giver says that it will itself go to sleep.
 *
 * Why no wake is lost: a taker reads `turn`, announces itself in `state`, sees no permit in that very
 * instruction, and sleeps only while `turn` is unchanged. A giver adds its permits in `state`, and
 * if that shows waiters changes `turn` before it wakes. Permits that stay below `wake_at` are no loss:
 * all permits are out with takers that run or messages not yet received, and the last of those to come
 * back raises the count to the capacity, which is never below `wake_at`.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_SEMAPHORE_H
#define MADVISOR_WORKLOAD_RUNTIME_SEMAPHORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

#define SEMAPHORE_WAITER (UINT64_C(1) << 32)
#define SEMAPHORE_PERMITS_MAX (UINT32_C(1) << 30)

struct semaphore {
	_Atomic uint64_t state;
	_Atomic uint32_t turn; /* what waiters sleep on */
	uint32_t wake_at;
};

static inline uint32_t semaphore_permits(uint64_t state)
{
	return (uint32_t)state;
}

static inline uint32_t semaphore_waiters(uint64_t state)
{
	return (uint32_t)(state >> 32);
}

/* permits: 1 to SEMAPHORE_PERMITS_MAX. */
void semaphore_init(struct semaphore *semaphore, uint32_t permits);
/* Takes one permit, however long it takes. */
void semaphore_take_slowly(struct semaphore *semaphore);
/* Gives back permits; `idle`: the caller has nothing more to give soon, so wake who can go on. */
void semaphore_give(struct semaphore *semaphore, uint32_t permits, bool idle);

static inline bool semaphore_try_take(struct semaphore *semaphore)
{
	uint64_t state = atomic_load_explicit(&semaphore->state, memory_order_relaxed);

	while (semaphore_permits(state))
		if (atomic_compare_exchange_weak_explicit(&semaphore->state, &state, state - 1,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	return false;
}

static inline void semaphore_take(struct semaphore *semaphore)
{
	if (!semaphore_try_take(semaphore))
		semaphore_take_slowly(semaphore);
}

#endif
