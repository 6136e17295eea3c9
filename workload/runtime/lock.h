/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/lock: a small mutex for short sections: spins a little, then sleeps.
 *
 * pthread's would do, but it cannot spin, and the sections here are a few dozen instructions.
 * The states follow U. Drepper, "Futexes Are Tricky" (2011), section 6: free, taken, taken and
 * perhaps awaited.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_LOCK_H
#define MADVISOR_WORKLOAD_RUNTIME_LOCK_H

#include "runtime/futex.h"

enum { LOCK_FREE, LOCK_TAKEN, LOCK_AWAITED, LOCK_SPINS = 64 };

/* All zero is a free lock. */
struct lock {
	_Atomic uint32_t word;
};

/* The part of taking a lock that is not instantaneous. */
void lock_wait(struct lock *lock);

static inline void lock_take(struct lock *lock)
{
	uint32_t expected = LOCK_FREE;

	if (!atomic_compare_exchange_strong_explicit(&lock->word, &expected, LOCK_TAKEN,
						     memory_order_acquire, memory_order_relaxed))
		lock_wait(lock);
}

static inline void lock_drop(struct lock *lock)
{
	if (atomic_exchange_explicit(&lock->word, LOCK_FREE, memory_order_release) == LOCK_AWAITED)
		futex_wake(&lock->word, 1);
}

#endif
