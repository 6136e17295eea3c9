/* SPDX-License-Identifier: MIT */
#include "runtime/semaphore.h"

#include "runtime/futex.h"

/* Long enough for the other side to finish a batch, short against a sleep and a wake (~10 us). */
enum { SPINS = 40, YIELDS = 8 };

void semaphore_init(struct semaphore *semaphore, uint32_t permits)
{
	atomic_init(&semaphore->state, permits);
	atomic_init(&semaphore->turn, 0);
	semaphore->wake_at = permits - permits / 2;
}

/* Announces a waiter and sleeps until a permit is had. */
static void take_asleep(struct semaphore *semaphore)
{
	uint32_t turn = atomic_load_explicit(&semaphore->turn, memory_order_acquire);
	uint64_t state = atomic_fetch_add(&semaphore->state, SEMAPHORE_WAITER) + SEMAPHORE_WAITER;

	for (;;) {
		while (semaphore_permits(state))
			if (atomic_compare_exchange_weak(&semaphore->state, &state,
							 state - SEMAPHORE_WAITER - 1))
				return;
		futex_wait(&semaphore->turn, turn);
		turn = atomic_load_explicit(&semaphore->turn, memory_order_acquire);
		state = atomic_load(&semaphore->state);
	}
}

void semaphore_take_slowly(struct semaphore *semaphore)
{
	for (int i = 0; i < SPINS; i++) {
		cpu_relax();
		if (semaphore_try_take(semaphore))
			return;
	}
	for (int i = 0; i < YIELDS; i++) {
		sched_yield();
		if (semaphore_try_take(semaphore))
			return;
	}
	take_asleep(semaphore);
}

void semaphore_give(struct semaphore *semaphore, uint32_t permits, bool idle)
{
	/* With nothing to give, a look is enough: who announces itself later sees what is free itself. */
	uint64_t state = permits ? atomic_fetch_add(&semaphore->state, permits) + permits
				 : atomic_load(&semaphore->state);
	uint32_t available = semaphore_permits(state), waiters = semaphore_waiters(state);

	if (!waiters || !available || (available < semaphore->wake_at && !idle))
		return;
	atomic_fetch_add(&semaphore->turn, 1);
	futex_wake(&semaphore->turn, idle ? (int)waiters : 1);
}
