/* SPDX-License-Identifier: MIT */
#include "runtime/semaphore.h"

#include "runtime/futex.h"

/* Letting others run is the better wait where threads outnumber CPUs; a sleep and a wake cost ~10 us. */
enum { SPINS = 10, YIELDS = 8 };

void semaphore_init(struct semaphore *semaphore, uint32_t permits)
{
	atomic_init(&semaphore->taken, 0);
	atomic_init(&semaphore->granted, permits);
	atomic_init(&semaphore->waiters, 0);
	atomic_init(&semaphore->turn, 0);
	semaphore->wake_at = permits - permits / 4;
}

/* Sleeps until a permit is had. */
static uint64_t take_asleep(struct semaphore *semaphore)
{
	uint64_t number;

	atomic_fetch_add(&semaphore->waiters, 1);
	for (;;) {
		uint32_t turn = atomic_load(&semaphore->turn);
		uint64_t taken = atomic_load(&semaphore->taken);
		while (taken < atomic_load(&semaphore->granted)) {
			if (!atomic_compare_exchange_weak(&semaphore->taken, &taken, taken + 1))
				continue;
			number = taken;
			atomic_fetch_sub(&semaphore->waiters, 1);
			return number;
		}
		futex_wait(&semaphore->turn, turn);
	}
}

uint64_t semaphore_take_slowly(struct semaphore *semaphore)
{
	uint64_t number;

	for (int i = 0; i < SPINS + YIELDS; i++) {
		if (i < SPINS)
			cpu_relax();
		else
			sched_yield();
		if (semaphore_try_take(semaphore, &number))
			return number;
	}
	return take_asleep(semaphore);
}

void semaphore_give(struct semaphore *semaphore, uint32_t permits, bool idle)
{
	uint64_t granted =
		atomic_load_explicit(&semaphore->granted, memory_order_relaxed) + permits;

	/* Without permits to give, a read is enough: later takers see the free ones themselves. */
	if (permits)
		atomic_store(&semaphore->granted, granted);
	uint32_t waiters = atomic_load(&semaphore->waiters);
	if (!waiters)
		return;
	uint64_t available = granted - atomic_load(&semaphore->taken);
	if (!available || (available < semaphore->wake_at && !idle))
		return;
	atomic_fetch_add(&semaphore->turn, 1);
	futex_wake(&semaphore->turn, idle ? (int)waiters : 1);
}
