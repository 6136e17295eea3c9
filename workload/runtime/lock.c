/* SPDX-License-Identifier: MIT */
#include "runtime/lock.h"

void lock_wait(struct lock *lock)
{
	for (int i = 0; i < LOCK_SPINS; i++) {
		uint32_t expected = LOCK_FREE;
		if (atomic_load_explicit(&lock->word, memory_order_relaxed) == LOCK_FREE &&
		    atomic_compare_exchange_weak_explicit(&lock->word, &expected, LOCK_TAKEN,
							  memory_order_acquire,
							  memory_order_relaxed))
			return;
		cpu_relax();
	}
	while (atomic_exchange_explicit(&lock->word, LOCK_AWAITED, memory_order_acquire) !=
	       LOCK_FREE)
		futex_wait(&lock->word, LOCK_AWAITED);
}
